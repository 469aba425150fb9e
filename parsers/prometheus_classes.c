#include "parsers/prometheus_classes.h"

#define BIT(class) (1u << (class))
#define USED (BIT(PROMETHEUS_CLASS_OBJECTS) | BIT(PROMETHEUS_CLASS_UNUSED))
#define IDLE (BIT(PROMETHEUS_CLASS_FREE) | BIT(PROMETHEUS_CLASS_RELEASED))

enum prometheus_class prometheus_class_of(struct slice name)
{
    static const struct slice names[PROMETHEUS_CLASSES] = {
        [PROMETHEUS_CLASS_OBJECTS] = SLICE_INIT("go_memory_classes_heap_objects_bytes"),
        [PROMETHEUS_CLASS_UNUSED] = SLICE_INIT("go_memory_classes_heap_unused_bytes"),
        [PROMETHEUS_CLASS_FREE] = SLICE_INIT("go_memory_classes_heap_free_bytes"),
        [PROMETHEUS_CLASS_RELEASED] = SLICE_INIT("go_memory_classes_heap_released_bytes"),
    };
    unsigned class = 0;

    while (class < PROMETHEUS_CLASSES && !slice_eq(names[class], name))
        class ++;
    return class;
}

void prometheus_classes_set(struct prometheus_classes *c, enum prometheus_class class,
                            double bytes)
{
    c->bytes[class] = bytes;
    c->has |= BIT(class);
}

size_t prometheus_classes_derive(const struct prometheus_classes *c,
                                 struct sample_value out[PROMETHEUS_DERIVED_MAX])
{
    double inuse = c->bytes[PROMETHEUS_CLASS_OBJECTS] + c->bytes[PROMETHEUS_CLASS_UNUSED];
    double idle = c->bytes[PROMETHEUS_CLASS_FREE] + c->bytes[PROMETHEUS_CLASS_RELEASED];
    size_t count = 0;

    if ((c->has & USED) == USED)
        out[count++] = (struct sample_value){
            .metric = METRIC_HEAP_INUSE, .unit = UNIT_BYTES, .value = inuse};
    if ((c->has & IDLE) == IDLE)
        out[count++] = (struct sample_value){
            .metric = METRIC_HEAP_IDLE, .unit = UNIT_BYTES, .value = idle};
    if (count == 2)
        out[count++] = (struct sample_value){
            .metric = METRIC_HEAP_SYS, .unit = UNIT_BYTES, .value = inuse + idle};
    return count;
}
