#include "cli/completion_script.h"

#include "base/prose.h"

/* `aldis help` is no row of the table of verbs. */
static const struct ald_verb script_help_verb = {.name = "help", .summary = "tell more", .synopsis = "[VERB]"};

enum ald_completion_kind ald_completion_kind(struct ald_str name)
{
    static const struct {
        struct ald_str name;
        enum ald_completion_kind kind;
    } kinds[] = {
        {ALD_STR("FILE"), ALD_COMPLETION_FILE},
        {ALD_STR("TARGET"), ALD_COMPLETION_TARGET},
        {ALD_STR("CHANNEL"), ALD_COMPLETION_CHANNEL},
        {ALD_STR("VERB"), ALD_COMPLETION_VERB},
    };

    for (size_t i = 0; i < ALD_COUNT(kinds); i++) {
        if (ald_str_equal(kinds[i].name, name)) {
            return kinds[i].kind;
        }
    }
    return ald_str_find(name, ALD_STR("|")) < name.size ? ALD_COMPLETION_WORDS : ALD_COMPLETION_NONE;
}

/* Does the option `word`, "--target", take a value? */
static bool script_takes_value(const struct ald_verb *verb, struct ald_str word)
{
    struct ald_str name = ald_str_from(word, word.size > 2 ? 2 : word.size);

    for (size_t i = 0; i < verb->n_options; i++) {
        if (ald_str_equal(ald_str(verb->options[i].name), name)) {
            return verb->options[i].value != NULL;
        }
    }
    return false;
}

static struct ald_str script_unbracket(struct ald_str word)
{
    while (word.size > 0 && word.data[0] == '[') {
        word = ald_str_from(word, 1);
    }
    while (word.size > 0 && word.data[word.size - 1] == ']') {
        word.size--;
    }
    return word;
}

bool ald_completion_operand(const struct ald_verb *verb, struct ald_str *synopsis, struct ald_str *ret_operand)
{
    struct ald_str word, value;

    while (ald_prose_word(synopsis, &word)) {
        word = script_unbracket(word);
        if (ald_str_starts(word, ALD_STR("-"))) {
            if (script_takes_value(verb, word)) {
                ald_ignore(ald_prose_word(synopsis, &value)); /* a synopsis that ends there has no further operand */
            }
        } else if (!ald_str_equal(word, ALD_STR("|")) && ald_str_find(word, ALD_STR("...")) == word.size) {
            *ret_operand = word;
            return true;
        }
    }
    return false;
}

/* --- writing ------------------------------------------------------------------------------------------------------- */

void ald_script_str(struct ald_script *script, struct ald_str text)
{
    if (script->status == 0) {
        script->status = ald_buf_push(script->out, text);
    }
}

void ald_script_say(struct ald_script *script, const char *text)
{
    ald_script_str(script, ald_str(text));
}

void ald_script_words(struct ald_script *script, struct ald_str words)
{
    for (size_t i = 0; i < words.size; i++) {
        ald_script_str(script, words.data[i] == '|' ? ALD_STR(" ") : ald_str_of(words.data + i, 1));
    }
}

const struct ald_verb *ald_script_verb(size_t i)
{
    size_t n = 0;

    while (ald_verbs[n] != NULL) {
        n++;
    }
    return i < n ? ald_verbs[i] : i == n ? &script_help_verb : NULL;
}
