#pragma once

/* The few names that everybody in the fuzzer of the hub (hub.c) uses, chosen by a byte, so that they meet. */

#include "hub_fuzz.h"

static struct ald_str target_of(uint8_t byte)
{
    static const struct ald_str names[] = {ALD_STR("a"), ALD_STR("b"), ALD_STR(""), {NULL, 0}};

    return names[byte % ALD_COUNT(names)];
}

/* Each slot's first two parties; most of what is said is said by the first. */
static uint32_t party_of(uint8_t byte)
{
    return byte % 8 == 7 ? 1 : 0;
}

static struct ald_str names_of(uint8_t byte)
{
    static const struct ald_str lists[] = {ALD_STR("a"),         ALD_STR("do,DAWN"), ALD_STR("b,a,DAWN"),
                                           ALD_STR(",,DAWN,do"), ALD_STR("a,b"),     ALD_STR(""),
                                           ALD_STR("x,y,z,a"),   ALD_STR("DAWN")};

    return lists[byte % ALD_COUNT(lists)];
}

static struct ald_str hub_of(uint8_t byte)
{
    static const struct ald_str ids[] = {ALD_STR("h"), ALD_STR("i"), ALD_STR("hub"), ALD_STR("z")};

    return ids[byte % ALD_COUNT(ids)];
}

/* From now on its parties may hear a reply twice, or elsewhere. */
static void expect_resuming(struct fuzz *fuzz, struct slot *slot)
{
    slot->resumes = true;
    for (uint32_t i = 0; i < fuzz->n_wires; i++) {
        if (fuzz->wires[i].conn == slot->number) {
            fuzz->wires[i].counted = false;
        }
    }
}
