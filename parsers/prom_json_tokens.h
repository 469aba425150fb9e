/*
 * JSON as a stream of tokens, bytes pushed in, cut anywhere: what a Prometheus server
 * answers is one object of hundreds of megabytes. parsers/json.h wants a record whole;
 * this keeps one token at most.
 *
 * Source: RFC 8259. Lenient where it costs nothing: several values may follow each other.
 *
 * Errors: a token JSON_ERROR with its reason, once; then the bytes up to the next
 * {"metric" are passed over, and reading goes on there, at depth 0, where the brackets
 * that close what was broken are expected and mean nothing.
 */
#ifndef PARSERS_PROM_JSON_TOKENS_H
#define PARSERS_PROM_JSON_TOKENS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/base/slice.h"
#include "model/base/text.h"
#include "parsers/json.h"

struct prom_json_token {
    enum json_kind kind; /* never JSON_END */
    struct slice text; /* of a key, string (raw) or number; of an error, what is there */
    bool is_cut;       /* text longer than LIMIT_PROM_JSON_TOKEN_BYTES: its front */
    uint64_t offset_bytes, line;
    const char *reason; /* of an error; static */
};

typedef void prom_json_taker(void *user, const struct prom_json_token *token);

/* Zero-initialise. The rest is its own. */
struct prom_json_tokens {
    int state;
    struct text carry; /* of a token that pieces share */
    bool is_cut;
    uint64_t offset_bytes, line; /* of the next byte; newlines passed */
    uint64_t token_offset_bytes, token_line;
    uint64_t is_object; /* one bit a level: the innermost is bit 0 */
    unsigned depth;
    bool is_loose; /* after damage: closing brackets at depth 0 mean nothing */
    bool wants_comma, had_comma, wants_colon, wants_value;
    unsigned matched; /* bytes of {"metric" while looking for it */
};

void prom_json_tokens_feed(struct prom_json_tokens *t, struct slice bytes,
                           prom_json_taker *take, void *user);

/* The input ended: a value that is open is an error. */
void prom_json_tokens_finish(struct prom_json_tokens *t, prom_json_taker *take,
                             void *user);
void prom_json_tokens_close(struct prom_json_tokens *t);

#endif
