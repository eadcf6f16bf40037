/*
 * The tree is made breadth first, so that every hub stands where the fewest links lead to it, which is where messages take
 * their way. It is walked with indices and marks only: a graph has circles, and nothing here may trust that it has none.
 */

#include "cli/map_view.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/cli.h"
#include "cli/read.h"

enum { MAP_NOBODY = SIZE_MAX };

struct map_place {
    size_t parent; /* MAP_NOBODY: it is the root, or stands nowhere */
    bool placed;
};

void ald_map_init(struct ald_map *map)
{
    *map = (struct ald_map){0};
}

void ald_map_fini(struct ald_map *map)
{
    for (size_t i = 0; i < map->n_hubs; i++) {
        free(map->hubs[i].name);
        free(map->hubs[i].targets);
    }
    free(map->hubs);
    free(map->links);
    ald_map_init(map);
}

static size_t map_find(const struct ald_map *map, const char *name, bool daemon)
{
    for (size_t i = 0; i < map->n_hubs; i++) {
        if (map->hubs[i].daemon == daemon && strcmp(map->hubs[i].name, name) == 0) {
            return i;
        }
    }
    return MAP_NOBODY;
}

/* The hub of that name, a new one if need be. Errors: ALDIS_E_NOMEM, ALDIS_E_LIMIT. */
static int map_get(struct ald_map *map, const char *name, bool daemon, size_t *ret_at)
{
    size_t at = map_find(map, name, daemon);
    struct ald_map_hub *hubs;

    if (at != MAP_NOBODY) {
        *ret_at = at;
        return 0;
    }
    if (map->n_hubs == ALD_MAP_HUBS_MAX) {
        return ald_trace(ALDIS_E_LIMIT);
    }
    hubs = realloc(map->hubs, (map->n_hubs + 1) * sizeof(*hubs));
    if (hubs == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    map->hubs = hubs;
    hubs[map->n_hubs] = (struct ald_map_hub){.name = strdup(name), .daemon = daemon};
    if (hubs[map->n_hubs].name == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    *ret_at = map->n_hubs++;
    return 0;
}

static int map_link(struct ald_map *map, size_t from, size_t to)
{
    struct ald_map_link *links;

    for (size_t i = 0; i < map->n_links; i++) {
        if ((map->links[i].from == from && map->links[i].to == to) ||
            (map->links[i].from == to && map->links[i].to == from)) {
            return 0; /* both ends tell it */
        }
    }
    links = realloc(map->links, (map->n_links + 1) * sizeof(*links));
    if (links == NULL) {
        return ald_trace(ALDIS_E_NOMEM);
    }
    map->links = links;
    links[map->n_links++] = (struct ald_map_link){from, to};
    return 0;
}

/* Text of a JSON string, as may be shown. */
static const char *map_text(const struct ald_json_node *node, struct ald_read_text *room)
{
    struct ald_buf buf;
    struct ald_str text = ALD_STR("");

    ald_buf_init(&buf, sizeof(room->text));
    if (ald_json_text(ald_json_value(node), &buf, &text) == 0) {
        text = ald_cli_printable(text, room->text, sizeof(room->text) - 1);
        room->text[text.size] = '\0';
    } else {
        room->text[0] = '\0';
    }
    ald_buf_fini(&buf);
    return room->text;
}

static int map_links(struct ald_map *map, size_t from, const struct ald_json_node *names, bool daemons)
{
    struct ald_read_text room;

    ald_json_each(it, names)
    {
        size_t to;
        int r = map_get(map, map_text(it, &room), daemons, &to);

        if (r == 0) {
            r = map_link(map, from, to);
        }
        if (r < 0) {
            return ald_trace(r);
        }
    }
    return 0;
}

static int map_targets(struct ald_map_hub *hub, const struct ald_json_node *names)
{
    struct ald_read_text room;
    struct ald_buf buf;
    int r = 0;

    ald_buf_init(&buf, (size_t)1024 * sizeof(room.text));
    ald_json_each(it, names)
    {
        if (r == 0) {
            r = ald_buf_pushf(&buf, "%s%s", hub->n_shown > 0 ? " " : "", map_text(it, &room));
            hub->n_shown++;
        }
    }
    free(hub->targets);
    hub->targets = strndup(ald_buf_str(&buf).data, ald_buf_str(&buf).size);
    ald_buf_fini(&buf);
    return r < 0 || hub->targets == NULL ? ald_trace(ALDIS_E_NOMEM) : 0;
}

int ald_map_add(struct ald_map *map, const struct ald_json_node *hub)
{
    struct ald_read_text room;
    size_t at;
    int r = map_get(map, ald_read_str(hub, "id", &room), false, &at);

    if (r == 0) {
        map->hubs[at].self = ald_read_bool(hub, "self");
        map->hubs[at].n_targets = ald_read_u64(hub, "n_targets");
        r = map_targets(&map->hubs[at], ald_json_find(hub, ALD_STR("targets")));
    }
    if (r == 0) {
        r = map_links(map, at, ald_json_find(hub, ALD_STR("links")), false);
    }
    if (r == 0) {
        r = map_links(map, at, ald_json_find(hub, ALD_STR("daemons")), true);
    }
    return r < 0 ? ald_trace(r) : 0;
}

/* --- the tree ------------------------------------------------------------------------------------------------------ */

static size_t map_other(const struct ald_map_link *link, size_t at)
{
    return link->from == at ? link->to : link->to == at ? link->from : MAP_NOBODY;
}

/* Who stands below whom; `order` has the hubs as they are reached. */
static void map_place(const struct ald_map *map, struct map_place *places, size_t *order, size_t root)
{
    size_t n = 0, done = 0;

    for (size_t i = 0; i < map->n_hubs; i++) {
        places[i] = (struct map_place){.parent = MAP_NOBODY};
    }
    places[root].placed = true;
    order[n++] = root;
    while (done < n) {
        size_t at = order[done++];

        for (size_t i = 0; i < map->n_links; i++) {
            size_t other = map_other(&map->links[i], at);

            if (other != MAP_NOBODY && !places[other].placed) {
                places[other] = (struct map_place){.parent = at, .placed = true};
                order[n++] = other;
            }
        }
    }
}

static void map_print_hub(const struct ald_map_hub *hub, FILE *out)
{
    fprintf(out, "%s%s", hub->name, hub->self ? " (this hub)" : hub->daemon ? " (communicatord)" : "");
    if (hub->targets != NULL && hub->targets[0] != '\0') {
        fprintf(out, ": %s", hub->targets);
    }
    if (hub->n_targets > hub->n_shown) {
        fprintf(out, " and %" PRIu64 " more", hub->n_targets - hub->n_shown);
    }
    fprintf(out, "\n");
}

static bool map_is_last(const struct ald_map *map, const struct map_place *places, size_t at)
{
    for (size_t i = at + 1; i < map->n_hubs; i++) {
        if (places[i].parent == places[at].parent) {
            return false;
        }
    }
    return true;
}

/* What stands before a hub: a rail for each hub above it that has more below. */
static void map_rails(const struct ald_map *map, const struct map_place *places, size_t at, FILE *out)
{
    size_t parent = places[at].parent;

    if (parent == MAP_NOBODY || places[parent].parent == MAP_NOBODY) {
        return;
    }
    map_rails(map, places, parent, out);
    fputs(map_is_last(map, places, parent) ? "   " : "│  ", out);
}

static void map_print_below(struct ald_map *map, const struct map_place *places, size_t at, FILE *out)
{
    for (size_t i = 0; i < map->n_hubs; i++) {
        if (places[i].parent == at && !map->hubs[i].seen) {
            map->hubs[i].seen = true;
            map_rails(map, places, i, out);
            fputs(map_is_last(map, places, i) ? "└─ " : "├─ ", out);
            map_print_hub(&map->hubs[i], out);
            map_print_below(map, places, i, out); /* as deep as hops_max at most */
        }
    }
}

static void map_print_rest(const struct ald_map *map, const struct map_place *places, FILE *out)
{
    for (size_t i = 0; i < map->n_links; i++) {
        size_t from = map->links[i].from, to = map->links[i].to;

        if (places[from].parent != to && places[to].parent != from) {
            fprintf(out, "also linked: %s - %s\n", map->hubs[from].name, map->hubs[to].name);
        }
    }
    for (size_t i = 0; i < map->n_hubs; i++) {
        if (!places[i].placed) {
            fprintf(out, "not reached: %s\n", map->hubs[i].name);
        }
    }
}

void ald_map_print(struct ald_map *map, FILE *out)
{
    struct map_place *places = calloc(map->n_hubs + 1, sizeof(*places));
    size_t *order = calloc(map->n_hubs + 1, sizeof(*order));
    size_t root = 0;

    for (size_t i = 0; i < map->n_hubs; i++) {
        root = map->hubs[i].self ? i : root;
        map->hubs[i].seen = false;
    }
    if (places != NULL && order != NULL && map->n_hubs > 0) {
        map_place(map, places, order, root);
        map_print_hub(&map->hubs[root], out);
        map_print_below(map, places, root, out);
        map_print_rest(map, places, out);
    }
    free(places);
    free(order);
}

/* --- graphviz ------------------------------------------------------------------------------------------------------ */

/* A name in quotes: what is printable has only the quote and the backslash to mind. */
static void dot_name(const char *name, FILE *out)
{
    fputc('"', out);
    for (; *name != '\0'; name++) {
        if (*name == '"' || *name == '\\') {
            fputc('\\', out);
        }
        fputc(*name, out);
    }
    fputc('"', out);
}

void ald_map_print_dot(const struct ald_map *map, FILE *out)
{
    fprintf(out, "graph aldis {\n");
    for (size_t i = 0; i < map->n_hubs; i++) {
        const struct ald_map_hub *hub = &map->hubs[i];

        fprintf(out, "  ");
        dot_name(hub->name, out);
        fprintf(out, " [shape=%s%s, tooltip=", hub->daemon ? "ellipse" : "box", hub->self ? ", style=bold" : "");
        dot_name(hub->targets != NULL ? hub->targets : "", out);
        fprintf(out, "];\n");
    }
    for (size_t i = 0; i < map->n_links; i++) {
        fprintf(out, "  ");
        dot_name(map->hubs[map->links[i].from].name, out);
        fprintf(out, " -- ");
        dot_name(map->hubs[map->links[i].to].name, out);
        fprintf(out, ";\n");
    }
    fprintf(out, "}\n");
}
