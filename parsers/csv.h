/*
 * Comma-separated values with a line of names: what spreadsheets, Grafana and scripts
 * write, and `heapreel export --format=csv`.
 *
 * Shapes: a row is a struct sample of the columns that hold numbers, named as
 * metric_names.h says (series of ours, MemStats fields, Prometheus names, others under
 * "x."); columns named pod, instance, process and the like tell tables apart, and so do
 * labels in a column's name, as Grafana writes them: go_goroutines{pod="a"}. A long
 * table (a column "series" and a column "value") gives samples of one value, each series
 * a table of its own. Time: the first column with a name such as t, time, timestamp,
 * date: RFC 3339, "2026-11-21 01:02:03", Unix s, ms, µs, ns; smaller numbers are seconds
 * since the start. Missing: an empty cell, NaN, null.
 *
 * Errors: a row that cannot be used is skipped and counted; of a cell that is no number,
 * and of a row that is short or long, the others are kept. Columns of text are left out:
 * those without a number in them. Sizes such as "100 MiB" are bytes.
 */
#ifndef PARSERS_CSV_H
#define PARSERS_CSV_H

#include "parsers/parser.h"

extern const struct parser_ops csv_parser;

#endif
