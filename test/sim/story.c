#include "sim/story.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sim/world.h"

struct fact {
    enum sim_told told;
    const char *text;
};

static const struct fact facts[SIM_N_FACTS] = {
#define SIM_X(name, level, text) [SIM_FACT_##name] = {SIM_TOLD_##level, text},
    SIM_FACTS(SIM_X)
#undef SIM_X
};

/* A multiply and a shift for each number are enough: the hash only has to tell two runs apart, not to resist anybody. */
static void story_mix(struct sim_story *story, uint64_t number)
{
    story->hash = (story->hash ^ number) * UINT64_C(0x9e3779b97f4a7c15);
    story->hash ^= story->hash >> 29;
}

struct fact_values {
    uint32_t command;
    const struct sim_party *party;
    uint64_t number;
    const char *word;
};

/* Write what the placeholder `letter` stands for; returns its length. */
static size_t story_value(char letter, const struct fact_values *values, char *text, size_t room)
{
    int size = 0;

    switch (letter) {
    case 'c':
        size = snprintf(text, room, "#%" PRIu32, values->command);
        break;
    case 'p':
        size = snprintf(text, room, "%s", values->party != NULL ? values->party->name : "nobody");
        break;
    case 'n':
        size = snprintf(text, room, "%" PRIu64, values->number);
        break;
    default:
        size = snprintf(text, room, "%s", values->word != NULL ? values->word : "");
        break;
    }
    return ALD_MIN((size_t)size, room - 1);
}

static void story_format(const char *pattern, const struct fact_values *values, char *text, size_t room)
{
    size_t used = 0;

    while (*pattern != '\0' && used + 1 < room) {
        if (pattern[0] == '{' && pattern[1] != '\0' && pattern[2] == '}') {
            used += story_value(pattern[1], values, text + used, room - used);
            pattern += 3;
        } else {
            text[used++] = *pattern++;
        }
    }
    text[used] = '\0';
}

static void story_append(struct sim_world *world, const char *text, uint32_t command, const struct sim_party *party)
{
    struct sim_line *line = sim_arena_get(&world->arena, sizeof(*line) + strlen(text) + 1);

    line->at = sim_now(world) - world->start;
    line->command = command;
    line->party = party;
    memcpy(line->text, text, strlen(text) + 1);
    if (world->story.last != NULL) {
        world->story.last->next = line;
    } else {
        world->story.first = line;
    }
    world->story.last = line;
}

void sim_note(struct sim_world *world, enum sim_fact fact, uint32_t command, const struct sim_party *party,
              uint64_t number, const char *word)
{
    struct sim_story *story = &world->story;

    story_mix(story, sim_now(world));
    story_mix(story, ((uint64_t)fact << 56) ^ ((uint64_t)command << 24) ^ (party != NULL ? party->number : 0));
    story_mix(story, number);
    for (const char *byte = word; byte != NULL && *byte != '\0'; byte++) {
        story->hash = (story->hash ^ (uint8_t)*byte) * UINT64_C(0x100000001b3);
    }
    if (story->told >= facts[fact].told) {
        struct fact_values values = {command, party, number, word};
        char text[256];

        story_format(facts[fact].text, &values, text, sizeof(text));
        story_append(world, text, command, party);
    }
}

void sim_story_take(struct sim_world *world, char *text, size_t room)
{
    const struct sim_line *line = world->story.read != NULL ? world->story.read->next : world->story.first;
    size_t used = 0;

    ald_assert(room > 0);
    text[0] = '\0';
    for (; line != NULL; line = line->next) {
        int size = snprintf(text + used, room - used, "[%5" PRIu64 "] %s\n", line->at / ALD_MSEC, line->text);

        ald_assert(size > 0 && (size_t)size < room - used);
        used += (size_t)size;
        world->story.read = line;
    }
}

/* Whether a line helps to understand `command`: it is about it, or about somebody who was handed it, while it was open. */
static bool story_concerns(const struct sim_line *line, const struct sim_command *command,
                           const struct sim_world *world)
{
    ald_usec from = command->submitted - world->start;
    ald_usec to = command->told_at != 0 ? command->told_at + ALD_SEC - world->start : ALD_NEVER;

    if (line->command != 0) {
        return line->command == command->number;
    }
    if (line->at + ALD_SEC < from || line->at > to) {
        return false;
    }
    if (line->party == NULL || line->party == command->caller) {
        return true;
    }
    for (const struct sim_handing *it = command->handings; it != NULL; it = it->next) {
        if (it->party == line->party) {
            return true;
        }
    }
    return strcmp(line->party->target, command->order.target != NULL ? command->order.target : "") == 0;
}

void sim_story_print(const struct sim_world *world, uint32_t number)
{
    const struct sim_command *command = number != 0 ? world->commands[number - 1] : NULL;

    for (const struct sim_line *line = world->story.first; line != NULL; line = line->next) {
        if (command == NULL || story_concerns(line, command, world)) {
            printf("[%9.3f] %s\n", (double)line->at / 1000.0, line->text);
        }
    }
}
