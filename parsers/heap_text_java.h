/*
 * The heap profile of a Java program under Google's agent ("heapz").
 *
 * Source: the legacy formats of github.com/google/pprof
 * (profile/legacy_java_profile.go describes it).
 *
 * Shapes. "--- heapz 1 ---", then "format = java" and "resolution = UNIT"; records
 * "BYTES COUNT @ 0xID …", sampled one in 512 KiB, which is undone; then for each ID
 * " 0xID NAME (FILE:LINE)", or another text in the parentheses, or none.
 */
#ifndef PARSERS_HEAP_TEXT_JAVA_H
#define PARSERS_HEAP_TEXT_JAVA_H

#include "parsers/parser.h"

extern const struct parser_ops heap_text_java_parser;

#endif
