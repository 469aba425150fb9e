/*
 * Every bound on what an input can make the program do, with the reason for each.
 */
#ifndef PARSERS_LIMITS_H
#define PARSERS_LIMITS_H

/* Applications dump megabytes on one line; nothing that we read is near this long.
 * The head and the tail of a longer line are still looked at. */
#define LIMIT_LINE_BYTES (1u << 20)
#define LIMIT_LINE_TAIL_BYTES 4096u

/* A parser is recognised on this much of the decoded input. */
#define LIMIT_PROBE_BYTES (64u << 10)

/* Lines that may stand between two pieces of one gc record before it is given up. */
#define LIMIT_GLUED_LINES 50u

/* gc records of different processes that may be torn open at one time. */
#define LIMIT_OPEN_RECORDS 4u

/* Processes of one log that may be alive at one time (go build runs many). */
#define LIMIT_OPEN_PROCESSES 64u

/* MemStats nests two deep; what an application adds may go a little further. */
#define LIMIT_JSON_DEPTH 64u

/* zstd's own command line refuses windows over 128 MiB unless told otherwise; so do
 * we: the window is memory that the input asks for. */
#define LIMIT_ZSTD_WINDOW_LOG 27

/* xz -9 needs 65 MiB to decode. */
#define LIMIT_XZ_MEMORY_BYTES (UINT64_C(160) << 20)

/* A compressed file inside a compressed file, and no further. */
#define LIMIT_DECODE_DEPTH 2u

#endif
