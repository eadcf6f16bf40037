#include "hub/hub.h"

#include <stdlib.h>

#include "hub/state.h"

int ald_effects_init(struct ald_effects *effects, const struct ald_hub_config *config)
{
    size_t max = (size_t)config->step_work + ALD_EFFECTS_SLACK;
    struct ald_effect *ring = calloc(max, sizeof(*ring));

    if (ring == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *effects = (struct ald_effects){.ring = ring, .max = max};
    return 0;
}

void ald_effects_clear(struct ald_effects *effects)
{
    for (size_t i = 0; i < effects->n; i++) {
        ald_signal_clear(&effects->ring[i].signal);
    }
    effects->n = 0;
}

void ald_effects_fini(struct ald_effects *effects)
{
    ald_effects_clear(effects);
    free(effects->ring);
    *effects = (struct ald_effects){0};
}

struct ald_effect *ald_hub_effect(struct ald_hub *hub, uint64_t conn, void *edge, enum ald_effect_kind kind)
{
    struct ald_effects *effects = hub->effects;
    struct ald_effect *effect;

    ald_assert(effects != NULL);
    ald_assert(effects->n < effects->max);

    effect = &effects->ring[effects->n++];
    *effect = (struct ald_effect){.kind = (uint8_t)kind, .conn = conn, .edge = edge};
    return effect;
}
