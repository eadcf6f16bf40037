#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "resume/world.h"

void resume_complain(struct resume_world *world, const char *text, long number)
{
    if (world->broken[0] == '\0') {
        snprintf(world->broken, sizeof(world->broken), "%s (%ld)", text, number);
    }
}

static struct ald_signal signal_copy(const struct ald_signal *signal)
{
    struct ald_signal copy = *signal;

    copy.msg = copy.msg != NULL ? ald_msg_ref(copy.msg) : NULL;
    copy.request = copy.request != NULL ? ald_msg_ref(copy.request) : NULL;
    copy.target = copy.channel = copy.from = copy.principal = copy.text =
        ALD_STR_NONE; /* of no interest, and not ours */
    return copy;
}

void resume_push(struct resume_world *world, struct resume_pipe *pipe, struct ald_signal signal, uint64_t ordinal)
{
    if (pipe->n_frames == RESUME_FRAMES) {
        resume_complain(world, "a link carries too much", RESUME_FRAMES);
        ald_signal_clear(&signal);
        return;
    }
    pipe->frames[pipe->n_frames++] = (struct resume_frame){signal, ordinal};
}

size_t resume_waiting(const struct resume_pipe *pipe)
{
    return pipe->n_frames * RESUME_FRAME - pipe->n_bytes;
}

void resume_free_link(struct resume_link *link)
{
    struct resume_pipe *pipes[] = {&link->up, &link->down};

    for (size_t i = 0; i < ALD_COUNT(pipes); i++) {
        for (size_t n = 0; n < pipes[i]->n_frames; n++) {
            ald_signal_clear(&pipes[i]->frames[n].signal);
        }
        free(pipes[i]->frames);
        *pipes[i] = (struct resume_pipe){NULL, 0, 0, 0};
    }
}

static struct resume_link *link_find(struct resume_world *world, uint64_t number)
{
    return number > 0 && number <= world->n_links ? &world->links[number - 1] : NULL;
}

/* The saboteur drops or repeats one message that is said again, so that no serial tells. */
static void link_say(struct resume_world *world, struct resume_link *link, const struct ald_signal *signal)
{
    bool again = signal->serial != 0 && signal->serial == world->hosts[link->host].heard + 1 && world->n_resumed > 0 &&
                 signal->kind == ALD_SIGNAL_EVENT;

    if (again && !world->struck && world->sabotage == RESUME_LOSES) {
        world->struck = true;
        return;
    }
    resume_push(world, &link->down, signal_copy(signal), signal->ordinal);
    if (again && !world->struck && world->sabotage == RESUME_REPEATS) {
        struct ald_signal copy = signal_copy(signal);

        world->struck = true;
        copy.serial = signal->serial + 1;
        resume_push(world, &link->down, copy, 0);
    }
}

void resume_step(struct resume_world *world, struct ald_event event)
{
    event.now = world->now;
    event.wall = 1700000000 * ALD_SEC + world->now;
    ald_hub_step(world->hub, &event, &world->effects);
    ald_hub_check(world->hub);
    for (size_t n = 0; n < world->effects.n; n++) {
        const struct ald_effect *effect = &world->effects.ring[n];
        struct resume_link *link = link_find(world, effect->conn);

        if (effect->kind == ALD_EFFECT_SIGNAL) {
            link->ordinal = effect->signal.ordinal;
            link_say(world, link, &effect->signal);
        } else if (effect->kind == ALD_EFFECT_CLOSE) {
            link->cut = true;
        }
    }
    ald_effects_clear(&world->effects);
}

struct resume_link *resume_dial(struct resume_world *world, uint8_t host)
{
    struct resume_link *link = &world->links[world->n_links++];

    ald_assert(world->n_links <= RESUME_LINKS);
    link->number = world->n_links;
    link->host = host;
    link->up.frames = calloc(RESUME_FRAMES, sizeof(*link->up.frames));
    link->down.frames = calloc(RESUME_FRAMES, sizeof(*link->down.frames));
    ald_assert(link->up.frames != NULL && link->down.frames != NULL);
    resume_step(world, (struct ald_event){.kind = ALD_EVENT_OPENED, .conn = link->number, .edge = world});
    return link;
}

/* Frames of which the last byte has come are heard. */
void resume_carry_up(struct resume_world *world, struct resume_link *link, size_t bytes)
{
    link->up.n_bytes += ALD_MIN(bytes, resume_waiting(&link->up));
    while ((link->up.n_heard + 1) * RESUME_FRAME <= link->up.n_bytes && !link->told) {
        struct ald_signal *signal = &link->up.frames[link->up.n_heard++].signal;

        resume_step(world, (struct ald_event){.kind = ALD_EVENT_SIGNAL, .conn = link->number, .signal = signal});
    }
}

/* The hub knows which ordinals were begun and done. */
static void link_written(struct resume_world *world, struct resume_link *link)
{
    size_t n_begun = (link->down.n_bytes + RESUME_FRAME - 1) / RESUME_FRAME;
    size_t n_done = link->down.n_bytes / RESUME_FRAME;

    for (size_t n = 0; n < n_begun; n++) {
        link->begun = ALD_MAX(link->begun, link->down.frames[n].ordinal);
        link->done = n < n_done ? ALD_MAX(link->done, link->down.frames[n].ordinal) : link->done;
    }
    if (!link->told) {
        resume_step(world,
                    (struct ald_event){
                        .kind = ALD_EVENT_WRITTEN, .conn = link->number, .begun = link->begun, .done = link->done});
    }
}

static void link_arrive(struct resume_world *world, struct resume_link *link, size_t bytes)
{
    while ((link->down.n_heard + 1) * RESUME_FRAME <= bytes) {
        resume_hear(world, link, &link->down.frames[link->down.n_heard++].signal);
    }
}

void resume_carry_down(struct resume_world *world, struct resume_link *link, size_t bytes)
{
    size_t before = link->down.n_bytes;

    link->down.n_bytes += ALD_MIN(bytes, resume_waiting(&link->down));
    if (link->down.n_bytes != before) {
        link_written(world, link);
    }
    /* Half of the time the last frame is still on its way. */
    link_arrive(world, link, link->down.n_bytes);
}

void resume_cut(struct resume_world *world, struct resume_link *link)
{
    size_t lost = ald_rng_below(&world->rng, 4) == 0 ? 0 : ald_rng_below(&world->rng, 3 * RESUME_FRAME);

    /* What is written now is partly lost: it does not arrive, and the hub believes that it did. */
    link->down.n_bytes += ALD_MIN(lost, resume_waiting(&link->down));
    link_written(world, link);
    link->cut = true;
    if (world->hosts[link->host].link == link) {
        world->hosts[link->host].link = NULL;
        world->hosts[link->host].ready = false;
    }
}

void resume_tell_closed(struct resume_world *world, struct resume_link *link)
{
    if (!link->told) {
        link->told = true;
        link->cut = true;
        if (world->hosts[link->host].link == link) {
            world->hosts[link->host].link = NULL;
            world->hosts[link->host].ready = false;
        }
        resume_step(world, (struct ald_event){.kind = ALD_EVENT_CLOSED, .conn = link->number});
        resume_free_link(link);
    }
}
