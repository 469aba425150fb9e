/*
 * What BCC's memleak prints, the Python tool and the one of libbpf-tools: stacks whose
 * allocations were not freed so far.
 *
 * Source: tools/memleak.py and libbpf-tools/memleak.c of iovisor/bcc.
 *
 * Shapes. "Attaching to pid N, Ctrl+C to quit." (or "to kernel allocators"); every few
 * seconds "[HH:MM:SS] Top N stacks with outstanding allocations:" and for each stack
 * "BYTES bytes in N allocations from stack" with its frames below, indented:
 *
 *     main+0x6d [allocs]
 *     0x0000559b4789639f  zmalloc+0x2f [redis-server]
 *     0 [<0000559b4789639f>] zmalloc+0x2f zmalloc.c:33
 *
 * and an empty line. What stands in the brackets, a program or a library, is taken for
 * the function's file. With -a, lines "addr = … size = …" stand in between; they are left
 * out. Other text ends an interval and is not looked at.
 *
 * Each interval becomes a sample of the shape "memleak", memleak.outstanding.bytes and
 * .objects, with the pid, and then a profile of the types outstanding_objects and
 * outstanding_space. Its time of day is taken as UTC; the day is the last on which it
 * was before the input was last changed. Without either there is no time.
 */
#ifndef PARSERS_MEMLEAK_H
#define PARSERS_MEMLEAK_H

#include "parsers/parser.h"

extern const struct parser_ops memleak_parser;

#endif
