#include "cli/completion_script.h"

static const char zsh_head[] =
    "#compdef aldis\n"
    "# Completion of aldis for zsh. Made by: aldis completion zsh\n"
    "\n"
    "# What the hub of this command line knows: targets, names or channels, which is the last argument; _arguments puts\n"
    "# options of compadd before it.\n"
    "_aldis_ask() {\n"
    "    local -a found hub\n"
    "    local i\n"
    "    for ((i = 1; i < $#aldis_words; i++)); do\n"
    "        case $aldis_words[i] in\n"
    "        -H|--hub|--token-file|--ca) hub+=($aldis_words[i] ${(Q)aldis_words[i+1]}) ;;\n"
    "        --hub=*|--token-file=*|--ca=*) hub+=(${(Q)aldis_words[i]}) ;;\n"
    "        esac\n"
    "    done\n"
    "    found=(${(f)\"$(_call_program names aldis ${(q)hub} completion $argv[-1] 2>/dev/null)\"})\n"
    "    compadd \"${(@)argv[1,-2]}\" -a found\n"
    "}\n"
    "\n"
    "_aldis() {\n"
    "    local curcontext=$curcontext state line ret=1\n"
    "    local -a verbs every aldis_words\n"
    "    typeset -A opt_args\n"
    "    aldis_words=($words)\n";

/* In single quotes, and in a specification of _arguments, where colons and brackets mean something. */
static void zsh_text(struct ald_script *script, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '\'':
            ald_script_say(script, "'\\''");
            break;
        case '[':
        case ']':
        case ':':
        case '\\':
            ald_script_say(script, "\\");
            ald_script_str(script, ald_str_of(text, 1));
            break;
        case '\n':
            return; /* the first line says enough */
        default:
            ald_script_str(script, ald_str_of(text, 1));
        }
    }
}

/* `:what it is:how it is completed` */
static void zsh_kind(struct ald_script *script, struct ald_str name, bool value)
{
    ald_script_say(script, ":");
    switch (ald_completion_kind(name)) {
    case ALD_COMPLETION_FILE:
        ald_script_say(script, "file:_files");
        break;
    case ALD_COMPLETION_TARGET:
        ald_script_say(script, value ? "target:_aldis_ask names" : "target:_aldis_ask targets");
        break;
    case ALD_COMPLETION_CHANNEL:
        ald_script_say(script, "channel:_aldis_ask channels");
        break;
    case ALD_COMPLETION_VERB:
        ald_script_say(script, "verb:{_describe verb verbs}");
        break;
    case ALD_COMPLETION_WORDS:
        ald_script_say(script, "word:(");
        ald_script_words(script, name);
        ald_script_say(script, ")");
        break;
    default:
        for (size_t i = 0; i < name.size && ald_str_find(ALD_STR("[],:"), ald_str_of(name.data + i, 1)) == 4; i++) {
            ald_script_str(script, ald_str_of(name.data + i, 1));
        }
        ald_script_say(script, ": ");
    }
}

/* One spelling of an option: `how` is "-H+" or "--hub=". */
static void zsh_spelling(struct ald_script *script, const struct ald_option *option, const char *how, const char *end)
{
    ald_script_say(script, "            '*");
    ald_script_say(script, how);
    ald_script_say(script, "[");
    zsh_text(script, option->help);
    ald_script_say(script, "]");
    if (option->value != NULL) {
        zsh_kind(script, ald_str(option->value), true);
    }
    ald_script_say(script, "'");
    ald_script_say(script, end);
}

/* Both spellings, each on a line that ends with `end`. */
static void zsh_option(struct ald_script *script, const struct ald_option *option, const char *end)
{
    char how[64];

    if (option->letter != 0) {
        snprintf(how, sizeof(how), "-%c%s", option->letter, option->value != NULL ? "+" : "");
        zsh_spelling(script, option, how, end);
    }
    snprintf(how, sizeof(how), "--%s%s", option->name, option->value != NULL ? "=" : "");
    zsh_spelling(script, option, how, end);
}

static void zsh_verb(struct ald_script *script, const struct ald_verb *verb)
{
    struct ald_str synopsis = ald_str(verb->synopsis != NULL ? verb->synopsis : "");
    struct ald_str operand;

    ald_script_say(script, "        ");
    ald_script_say(script, verb->name);
    ald_script_say(script, ") _arguments -s $every \\\n");
    for (size_t i = 0; i < verb->n_options; i++) {
        zsh_option(script, &verb->options[i], " \\\n");
    }
    for (int n = 1; ald_completion_operand(verb, &synopsis, &operand); n++) {
        if (script->status == 0) {
            script->status = ald_buf_pushf(script->out, "            '%d", n);
        }
        zsh_kind(script, operand, false);
        ald_script_say(script, "' \\\n");
    }
    ald_script_say(script, "            && ret=0 ;;\n");
}

int ald_completion_zsh(struct ald_buf *out)
{
    struct ald_script script = {.out = out};
    const struct ald_verb *verb;

    ald_script_say(&script, zsh_head);
    ald_script_say(&script, "    verbs=(\n");
    for (size_t i = 0; (verb = ald_script_verb(i)) != NULL; i++) {
        ald_script_say(&script, "        '");
        ald_script_say(&script, verb->name);
        ald_script_say(&script, ":");
        zsh_text(&script, verb->summary);
        ald_script_say(&script, "'\n");
    }
    ald_script_say(&script, "    )\n    every=(\n");
    for (size_t i = 0; i < ald_cli_options.n; i++) {
        zsh_option(&script, &ald_cli_options.options[i], "\n");
    }
    ald_script_say(&script, "    )\n"
                            "    _arguments -s -C -A '-*' $every '1: :->verb' '*:: :->rest' && ret=0\n"
                            "    case $state in\n"
                            "    verb) _describe verb verbs && ret=0 ;;\n"
                            "    rest)\n"
                            "        case $words[1] in\n");
    for (size_t i = 0; (verb = ald_script_verb(i)) != NULL; i++) {
        zsh_verb(&script, verb);
    }
    ald_script_say(&script, "        esac ;;\n    esac\n    return ret\n}\n\n"
                            "if [[ $funcstack[1] == _aldis ]]; then _aldis \"$@\"; else compdef _aldis aldis; fi\n");
    return script.status;
}
