#include "hub/filters.h"

#include "base/buf.h"

static bool list_has(struct ald_str list, struct ald_str word)
{
    while (list.size > 0) {
        if (ald_str_equal(ald_str_pop(&list), word)) {
            return true;
        }
    }
    return false;
}

bool ald_filters_meet(struct ald_str one, struct ald_str other)
{
    if (!ald_str_present(one) || !ald_str_present(other)) {
        return !(ald_str_present(one) && one.size == 0) && !(ald_str_present(other) && other.size == 0);
    }
    while (one.size > 0) {
        if (list_has(other, ald_str_pop(&one))) {
            return true;
        }
    }
    return false;
}

/* Append the words of `from` that are not in `but`, and not there already. */
static void words_put(struct ald_str *list, char *room, struct ald_str from, struct ald_str but)
{
    while (from.size > 0) {
        struct ald_str word = ald_str_pop(&from);

        if (word.size == 0 || list_has(but, word) || list_has(*list, word)) {
            continue;
        }
        if (list->size > 0) {
            room[list->size++] = ',';
        }
        memcpy(room + list->size, word.data, word.size);
        list->size += word.size;
    }
}

struct ald_str ald_filters_add(struct ald_str one, struct ald_str other, char *room)
{
    struct ald_str list = ald_str_of(room, 0);

    if (!ald_str_present(one) || !ald_str_present(other)) {
        return ALD_STR_NONE;
    }
    words_put(&list, room, one, ald_str_of(room, 0));
    words_put(&list, room, other, ald_str_of(room, 0));
    return list;
}

struct ald_str ald_filters_remove(struct ald_str one, struct ald_str other, char *room)
{
    struct ald_str list = ald_str_of(room, 0);

    if (!ald_str_present(other)) {
        return list;
    }
    if (!ald_str_present(one)) {
        return one;
    }
    words_put(&list, room, one, other);
    return list;
}
