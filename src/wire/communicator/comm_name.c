/*
 * Escaping a name is easy to undo: `_` and two digits are always an escape, because a `_` of the name's own that stands
 * before two such digits was escaped as well. Which words are spellings takes a second thought, since a name that needs
 * none keeps its form: a word stands for the name it un-escapes to if escaping that gives the word again, and the name
 * could not stand for itself. That is, if it is no legal name, or is itself a spelling; hence the loop. Each turn takes
 * `5f` out of a run of them, so real words need one turn or two, and what goes deeper is not spelled at all.
 */

#include "wire/communicator/comm_name.h"

#include "base/error.h"
#include "msg/address.h"
#include "wire/communicator/comm_bytes.h"
#include "wire/communicator/comm_params.h"

enum {
    ESCAPE_SIZE = 3,
    WORD_MAX = ESCAPE_SIZE * ALD_NAME_MAX, /* no spelling is longer */
    SPELL_DEPTH_MAX = 8,
};

bool ald_comm_name_legal(struct ald_str name)
{
    const uint8_t *at = (const uint8_t *)name.data;

    return name.size > 0 && comm_is_name_first(*at) && comm_name_end(at, at, at + name.size) == at + name.size;
}

bool ald_comm_command_legal(struct ald_str command)
{
    for (size_t i = 0; i < command.size; i++) {
        if (command.data[i] >= 'a' && command.data[i] <= 'z') {
            return false;
        }
    }
    return ald_comm_name_legal(command);
}

bool ald_comm_is_scope(struct ald_str name)
{
    return name.size == 1 && (name.data[0] == '.' || name.data[0] == '*' || name.data[0] == '?');
}

static int hex_value(char digit)
{
    return digit >= '0' && digit <= '9' ? digit - '0' : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* Does an escape stand at `at`, or what would be taken for one? */
static bool is_escape(struct ald_str str, size_t at)
{
    return str.size - at >= ESCAPE_SIZE && str.data[at] == '_' && hex_value(str.data[at + 1]) >= 0 &&
           hex_value(str.data[at + 2]) >= 0;
}

static bool has_escape(struct ald_str str)
{
    for (size_t at = 0; at + ESCAPE_SIZE <= str.size; at++) {
        if (is_escape(str, at)) {
            return true;
        }
    }
    return false;
}

/* The byte of `name` at `at`, as a word has it; returns the size, 1 or ESCAPE_SIZE. */
static size_t escape_byte(struct ald_str name, size_t at, char escape[static ESCAPE_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t byte = (uint8_t)name.data[at];

    if (at == 0 ? comm_is_name_first(byte) : comm_is_name(byte)) {
        escape[0] = (char)byte;
        if (!is_escape(name, at)) {
            return 1;
        }
    }
    escape[0] = '_';
    escape[1] = digits[byte >> 4];
    escape[2] = digits[byte & 0xf];
    return ESCAPE_SIZE;
}

/* Is `word` what escaping `name` gives? */
static bool escapes_to(struct ald_str name, struct ald_str word)
{
    char escape[ESCAPE_SIZE];

    for (size_t at = 0; at < name.size; at++) {
        size_t size = escape_byte(name, at, escape);

        if (word.size < size || memcmp(word.data, escape, size) != 0) {
            return false;
        }
        word = ald_str_from(word, size);
    }
    return word.size == 0;
}

/* `name` has room for all of `word`. */
static struct ald_str unescape(struct ald_str word, char *name)
{
    size_t size = 0;

    for (size_t at = 0; at < word.size; size++) {
        if (is_escape(word, at)) {
            name[size] = (char)(hex_value(word.data[at + 1]) << 4 | hex_value(word.data[at + 2]));
            at += ESCAPE_SIZE;
        } else {
            name[size] = word.data[at++];
        }
    }
    return ald_str_of(name, size);
}

/* Could a target be called so? */
static bool is_spellable(struct ald_str name)
{
    for (size_t i = 0; i < name.size; i++) {
        if ((uint8_t)name.data[i] < 0x20 || name.data[i] == 0x7f) {
            return false;
        }
    }
    return name.size > 0 && name.size <= ALD_NAME_MAX && ald_utf8_valid(name);
}

static bool is_spelling(struct ald_str word)
{
    char rooms[2][WORD_MAX];
    struct ald_str name;

    if (word.size > WORD_MAX || !has_escape(word)) {
        return false;
    }
    for (unsigned depth = 0; depth < SPELL_DEPTH_MAX; depth++) {
        name = unescape(word, rooms[depth % 2]);
        if (!is_spellable(name) || !escapes_to(name, word)) {
            return false;
        }
        if (!ald_comm_name_legal(name)) {
            return true;
        }
        word = name;
    }
    return false;
}

int ald_comm_spell(struct ald_str name, struct ald_buf *scratch, struct ald_str *ret_word)
{
    size_t before = ald_buf_size(scratch);
    char escape[ESCAPE_SIZE];
    struct ald_str word;
    int r = 0;

    if (!is_spellable(name)) {
        return ALD_COMM_ILLEGAL;
    }
    if (ald_comm_name_legal(name) && !is_spelling(name)) {
        *ret_word = name;
        return 0;
    }
    for (size_t at = 0; r == 0 && at < name.size; at++) {
        r = ald_buf_push(scratch, ald_str_of(escape, escape_byte(name, at, escape)));
    }
    word = ald_str_from(ald_buf_str(scratch), r == 0 ? before : ald_buf_size(scratch));
    if (r == 0 && is_spelling(word)) {
        *ret_word = word;
        return 0;
    }
    ald_buf_cut(scratch, before);
    return r < 0 ? ald_trace(r) : r == 0 ? ALD_COMM_ILLEGAL : ALD_COMM_FULL;
}

int ald_comm_unspell(struct ald_str word, struct ald_buf *scratch, struct ald_str *ret_name)
{
    char room[WORD_MAX];
    size_t before = ald_buf_size(scratch);
    int r;

    *ret_name = word;
    if (!is_spelling(word)) {
        return 0;
    }
    r = ald_buf_push(scratch, unescape(word, room));
    if (r == 0) {
        *ret_name = ald_str_from(ald_buf_str(scratch), before);
    }
    return r < 0 ? ald_trace(r) : r;
}
