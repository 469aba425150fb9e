/*
 * Protocol Buffers out of a shorthand, for tests:
 *   1:5          a number, also negative
 *   1:[5 6]      packed numbers
 *   6"text"      bytes
 *   2{1:5 2:6}   a message
 *   2^300{1:5}   … whose length says 300
 *   =0a07        these bytes as they are
 */
#ifndef TESTS_UNIT_PROTO_TEXT_H
#define TESTS_UNIT_PROTO_TEXT_H

#include "model/base/slice.h"

/* For test_free. Ends the test where the shorthand is wrong. */
struct slice proto_of_text(const char *text);

#endif
