/*
 * Memory pressure: /proc/pressure/memory, or memory.pressure of a cgroup, once or many
 * times with the time in front.
 *
 * Source: Documentation/accounting/psi.rst of Linux 4.20 to 6.18.
 *
 * Shapes: "some avg10=0.10 avg60=2.00 avg300=3.85 total=15" and "full …": shares of the
 * time in per cent, total in µs. avg10 is psi.some and psi.full (ratio); the rest is
 * x.psi.some.avg60, x.psi.some.total (ns), …. cpu and io pressure, where a header or the
 * input's name says so, are x.psi.cpu.some.avg10, ….
 *
 * Reads by the rules of parsers/proc_files.h.
 */
#ifndef PARSERS_PSI_H
#define PARSERS_PSI_H

#include "parsers/parser.h"

extern const struct parser_ops psi_parser;

#endif
