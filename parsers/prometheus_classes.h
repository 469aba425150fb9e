/*
 * The heap's figures out of runtime/metrics' classes, for exporters that leave the
 * MemStats names out (client_golang's WithGoCollectorMemStatsMetricsDisabled).
 *
 * Source: runtime/metrics' documentation: HeapInuse = objects + unused, HeapIdle = free +
 * released, HeapSys = all four.
 */
#ifndef PARSERS_PROMETHEUS_CLASSES_H
#define PARSERS_PROMETHEUS_CLASSES_H

#include "model/base/slice.h"
#include "model/record.h"

enum prometheus_class {
    PROMETHEUS_CLASS_OBJECTS,
    PROMETHEUS_CLASS_UNUSED,
    PROMETHEUS_CLASS_FREE,
    PROMETHEUS_CLASS_RELEASED,
    PROMETHEUS_CLASSES,
};

#define PROMETHEUS_DERIVED_MAX 3

/* Bytes of each class, and one bit for each that is there. Zero-initialise. */
struct prometheus_classes {
    double bytes[PROMETHEUS_CLASSES];
    unsigned has;
};

/* PROMETHEUS_CLASSES where the name is none of a class. */
enum prometheus_class prometheus_class_of(struct slice name);
void prometheus_classes_set(struct prometheus_classes *c, enum prometheus_class class,
                            double bytes);

/* What they add up to; how many. */
size_t prometheus_classes_derive(const struct prometheus_classes *c,
                                 struct sample_value out[PROMETHEUS_DERIVED_MAX]);

#endif
