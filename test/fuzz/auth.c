/*
 * The file of tokens, against itself.
 *
 * An input is a name, a NUL, and a file.
 *
 * - Whatever comes is read, or refused with a line that the file has.
 * - Nothing is allowed that is not written: a right that is given has a word in the text of its rule that, taken for
 *   itself, gives it; and a right that is not given has none.
 * - How lines end, and comments between them, change nothing but the numbers of lines.
 */

#include <stdio.h>
#include <stdlib.h>

#include "auth/rules.h"
#include "base/buf.h"
#include "base/ini.h"
#include "msg/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Longer files say nothing new. */
enum { FILE_MAX = 16 * 1024 };

#define must(fact)                                                                                                     \
    do {                                                                                                               \
        if (!(fact)) {                                                                                                 \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #fact);                                   \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* Users of one letter. */
static int user_find(struct ald_str name, uint64_t *ret_number)
{
    if (name.size != 1 || name.data[0] < 'a') {
        return 1;
    }
    *ret_number = (uint64_t)name.data[0];
    return 0;
}

static struct ald_rules *rules_of(struct ald_str text)
{
    struct ald_rules_why why = {""};
    struct ald_rules *rules = NULL;
    int r = ald_rules_parse("f", text, user_find, &rules, &why);
    unsigned line = 0;

    must(r == 0 || r == ALD_RULES_BAD);
    must((r == 0) == (rules != NULL));
    if (r != 0) {
        must(sscanf(why.text, "f:%u: ", &line) == 1 && line > 0);
        must(line <= text.size + 1);
    }
    return rules;
}

/* One of the words of the rule gives it. */
static bool words_give(const struct ald_rule *rule, struct ald_str target, struct ald_str name, bool commands)
{
    struct ald_str list = rule->text.size > 0 ? rule->text : ALD_STR_NONE;
    struct ald_str word;
    bool given = false;

    while (rule->line != 0 && ald_pattern_word_next(&list, &word)) {
        struct ald_command_pattern pattern = {.target = {.open = false}};
        char *scratch = malloc(word.size + 1);

        must(scratch != NULL);
        if (commands) {
            must(ald_command_pattern_parse(word, scratch, &pattern) == NULL);
            given |= ald_pattern_fits(&pattern.target, target) && ald_pattern_fits(&pattern.name, name);
        } else {
            must(ald_pattern_parse(word, scratch, &pattern.target) == NULL);
            given |= ald_pattern_fits(&pattern.target, target);
        }
        free(scratch);
    }
    return given;
}

static void principal_check(const struct ald_rules *rules, const struct ald_principal *principal, struct ald_str name)
{
    struct ald_str assigned = ald_rules_assigned(rules, principal);
    size_t half = name.size / 2;
    struct ald_str target = ald_str_of(name.data, half), rest = ald_str_from(name, half);

    must(principal->name.size > 0 && principal->name.size <= ALD_NAME_MAX && ald_utf8_valid(principal->name));
    must(principal->kind == ALD_PRINCIPAL_TOKEN || (principal->hash.line == 0 && principal->valid_after == 0));
    must((ald_rules_find_proved(rules, principal->name, UINT64_MAX) == principal) ==
         (principal->kind == ALD_PRINCIPAL_TOKEN));
    must(principal->valid_after == 0 ||
         ald_rules_find_proved(rules, principal->name, principal->valid_after - 1) == NULL);
    must(principal->manage == ALD_MANAGE_NONE || principal->managing.line != 0);
    must(ald_rules_may_register(rules, principal, name) == words_give(&principal->serve, name, ALD_STR_NONE, false));
    must(ald_rules_may_command(rules, principal, target, rest) == words_give(&principal->command, target, rest, true));
    must(ald_rules_may_subscribe(rules, principal, name) ==
         (principal->hearing.line != 0
              ? words_give(&principal->hearing, name, ALD_STR_NONE, false)
              : principal->manage != ALD_MANAGE_NONE || ald_rules_commands_all(rules, principal)));
    must(!ald_rules_subscribes_all(rules, principal) || ald_rules_may_subscribe(rules, principal, name));
    must(!ald_str_present(assigned) || ald_rules_may_register(rules, principal, assigned));
}

/* Every section of the file is somebody. Appends what they may do. */
static void rules_check(const struct ald_rules *rules, struct ald_str text, struct ald_str name, struct ald_buf *told)
{
    struct ald_ini ini;
    struct ald_ini_item item;
    const char *what;
    size_t n = 0;

    ald_ini_init_titled(&ini, text);
    while (ald_ini_next(&ini, &item, &what) == 0) {
        const struct ald_principal *principal = ald_str_present(item.title) ? ald_rules_find(rules, item.title) : NULL;

        if (ald_str_present(item.key) || !ald_str_present(item.title)) {
            continue;
        }
        must(principal != NULL && principal->line == item.line);
        principal_check(rules, principal, name);
        must(ald_buf_pushf(told, "%.*s %d %d %d %zu %d\n", ALD_STR_ARG(principal->name), principal->kind,
                           principal->manage, ald_rules_may_register(rules, principal, name), principal->command.n,
                           ald_rules_may_subscribe(rules, principal, name)) == 0);
        n++;
    }
    must(n == ald_rules_principals(rules));
    must(ald_rules_find(rules, ALD_STR("")) == NULL);
}

/* The same file as another editor would have written it. */
static void edited(struct ald_str text, struct ald_buf *out)
{
    must(ald_buf_push(out, ALD_STR("\xEF\xBB\xBF; an editor was here\r\n")) == 0);
    for (size_t i = 0; i < text.size; i++) {
        bool ends = text.data[i] == '\n';
        bool plain = ends && (i == 0 || text.data[i - 1] != '\r');

        must(ald_buf_push(out, plain ? ALD_STR("\r") : ALD_STR("")) == 0);
        must(ald_buf_push_byte(out, (uint8_t)text.data[i]) == 0);
        must(ald_buf_push(out, ends ? ALD_STR("# and here\n") : ALD_STR("")) == 0);
    }
}

static void check(struct ald_str name, struct ald_str text)
{
    ALD_AUTO(ald_rules_free) struct ald_rules *rules = rules_of(text);
    ALD_AUTO(ald_rules_free) struct ald_rules *again = NULL;
    struct ald_str mark = ALD_STR("\xEF\xBB\xBF");
    struct ald_buf told, told_again, other;

    if (ald_str_starts(text, mark)) {
        text = ald_str_from(text, mark.size); /* a second one would be no mark */
    }
    ald_buf_init(&told, (size_t)64 * FILE_MAX);
    ald_buf_init(&told_again, (size_t)64 * FILE_MAX);
    ald_buf_init(&other, (size_t)32 * FILE_MAX);
    edited(text, &other);
    again = rules_of(ald_buf_str(&other));
    must((rules == NULL) == (again == NULL));
    if (rules != NULL) {
        rules_check(rules, text, name, &told);
        rules_check(again, ald_buf_str(&other), name, &told_again);
        must(ald_str_equal(ald_buf_str(&told), ald_buf_str(&told_again)));
    }
    ald_buf_fini(&told);
    ald_buf_fini(&told_again);
    ald_buf_fini(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ald_str input = ald_str_of(data, size);
    size_t end = size > 0 ? ald_str_find(input, ALD_STR("\0")) : 0;

    if (end < size && size - end <= FILE_MAX) {
        check(ald_str_of(input.data, end), ald_str_from(input, end + 1));
    }
    return 0;
}
