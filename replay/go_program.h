/*
 * Is a program written in Go? Its file says so: the toolchain leaves ".go.buildinfo"
 * (since 1.13) and a table of functions, ".gopclntab" or, position-independent,
 * ".data.rel.ro.gopclntab". A shell, make or an interpreter has neither, and the GC
 * traces on its standard error are of what it started.
 *
 * Source: cmd/link/internal/ld/data.go and pcln.go of Go 1.13 to 1.26; elf(5).
 */
#ifndef REPLAY_GO_PROGRAM_H
#define REPLAY_GO_PROGRAM_H

#include <stdbool.h>

/* False where it plainly is not, or cannot be read: what has lost the names of its
 * sections may be. */
bool go_program_may_be(const char *path);

#endif
