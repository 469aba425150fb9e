#include "model/detect/cp_internal.h"

void cp_moments_add(struct cp_moments *m, double t, double y)
{
    double weight = m->weight + 1, share = m->weight / weight;
    double dt = t - m->t, dy = y - m->y;

    m->tt += share * dt * dt;
    m->ty += share * dt * dy;
    m->yy += share * dy * dy;
    m->t += dt / weight;
    m->y += dy / weight;
    m->weight = weight;
}

void cp_moments_merge(struct cp_moments *m, const struct cp_moments *other)
{
    double weight = m->weight + other->weight, share, part, dt, dy;

    if (other->weight <= 0)
        return;
    part = other->weight / weight;
    share = m->weight * part;
    dt = other->t - m->t;
    dy = other->y - m->y;
    m->tt += other->tt + share * dt * dt;
    m->ty += other->ty + share * dt * dy;
    m->yy += other->yy + share * dy * dy;
    m->t += part * dt;
    m->y += part * dy;
    m->weight = weight;
}

struct cp_moments cp_moments_of(const struct cp_work *w, size_t dim, size_t from,
                                size_t to)
{
    const double *y = w->values + dim * w->n;
    struct cp_moments m = {0};

    for (size_t i = from; i < to; i++) {
        if (!isnan(y[i]))
            cp_moments_add(&m, (double)i, y[i]);
    }
    return m;
}
