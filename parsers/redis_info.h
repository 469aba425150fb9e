/*
 * What Redis (Valkey, KeyDB) tells of its memory: the answer to INFO or INFO memory, as
 * redis-cli prints it or as it comes over the wire ("$1234" in front), once or many
 * times one after another.
 *
 * Source: genRedisInfoString in redis' src/server.c, 2.4 to 8.0.
 *
 * Shapes: "key:value" lines that end in LF or CRLF, "# Section" lines between. Every
 * number is x.redis.KEY: bytes of the memory keys, a ratio of those in per cent
 * ("93.45%"). Values for people (…_human) are left out, and so is maxmemory:0, which
 * means no limit. process_id is the pid, tcp_port tells several servers apart, and
 * server_time_usec (since 6.0) is the time; else the time is a line in front
 * (parsers/moment_text.h). A key that comes again begins the next answer.
 *
 * A memory key without a number is skipped and counted, with its place; so is a line
 * that is none of the above. The other lines of its answer stay.
 */
#ifndef PARSERS_REDIS_INFO_H
#define PARSERS_REDIS_INFO_H

#include "parsers/parser.h"

extern const struct parser_ops redis_info_parser;

#endif
