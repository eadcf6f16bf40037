#include "cli/completion_script.h"

static const char bash_head[] = "# Completion of aldis for bash. Made by: aldis completion bash\n"
                                "\n"
                                "# What the hub of this command line knows: targets, names or channels.\n"
                                "_aldis_ask() { aldis \"${hub[@]}\" completion \"$1\" 2>/dev/null; }\n"
                                "\n"
                                "# Complete $cur with what is called $1: FILE, TARGET, NAME, CHANNEL, or `= word...`.\n"
                                "_aldis_complete() {\n"
                                "    local IFS=$'\\n'\n"
                                "    case $1 in\n"
                                "    FILE) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
                                "    TARGET) COMPREPLY=($(compgen -W \"$(_aldis_ask targets)\" -- \"$cur\")) ;;\n"
                                "    NAME) COMPREPLY=($(compgen -W \"$(_aldis_ask names)\" -- \"$cur\")) ;;\n"
                                "    CHANNEL) COMPREPLY=($(compgen -W \"$(_aldis_ask channels)\" -- \"$cur\")) ;;\n"
                                "    =*) IFS=$' \\n'; COMPREPLY=($(compgen -W \"${1#=}\" -- \"$cur\")) ;;\n"
                                "    esac\n"
                                "}\n"
                                "\n";

static const char bash_tail[] =
    "_aldis() {\n"
    "    local cur word option kind= words=() hub=() verb= n=0\n"
    "    COMPREPLY=()\n"
    "    # The line is taken apart at blanks, because bash itself would part a URL at its colons.\n"
    "    read -ra words <<<\"${COMP_LINE:0:COMP_POINT}\"\n"
    "    [[ ${COMP_LINE:COMP_POINT-1:1} == ' ' ]] && words+=('')\n"
    "    cur=${words[-1]}\n"
    "    for word in \"${words[@]:1:${#words[@]}-2}\"; do\n"
    "        if [[ -n $kind ]]; then\n"
    "            [[ $option == @(-H|--hub|--ca|--cert|--key|--token-file) ]] && hub+=(\"$option\" \"$word\")\n"
    "            kind=\n"
    "        elif [[ $word == --*=* ]]; then\n"
    "            [[ $word == @(--hub|--ca|--cert|--key|--token-file)=* ]] && hub+=(\"$word\")\n"
    "        elif [[ $word == -?* ]]; then\n"
    "            option=$word\n"
    "            kind=$(_aldis_value \"$verb\" \"$word\")\n"
    "        elif [[ -z $verb ]]; then\n"
    "            verb=$word\n"
    "        else\n"
    "            n=$((n + 1))\n"
    "        fi\n"
    "    done\n"
    "    if [[ -n $kind ]]; then\n"
    "        :\n"
    "    elif [[ $cur == --*=* ]]; then\n"
    "        kind=$(_aldis_value \"$verb\" \"${cur%%=*}\")\n"
    "        cur=${cur#*=}\n"
    "    elif [[ $cur == -* ]]; then\n"
    "        kind=\"=$(_aldis_options \"$verb\")\"\n"
    "    elif [[ -z $verb ]]; then\n"
    "        kind=\"=$_aldis_verbs\"\n"
    "    else\n"
    "        kind=$(_aldis_operand \"$verb\" \"$n\")\n"
    "    fi\n"
    "    _aldis_complete \"$kind\"\n"
    "    # bash replaces only what stands behind the last colon or equals sign.\n"
    "    word=${cur%\"${cur##*[:=]}\"}\n"
    "    COMPREPLY=(\"${COMPREPLY[@]#\"$word\"}\")\n"
    "}\n"
    "complete -F _aldis aldis\n";

/* What _aldis_complete() takes. A value that nobody can complete is `-`: it is there all the same. */
static void bash_kind(struct ald_script *script, struct ald_str name, bool value)
{
    switch (ald_completion_kind(name)) {
    case ALD_COMPLETION_TARGET:
        ald_script_say(script, value ? "NAME" : "TARGET");
        break;
    case ALD_COMPLETION_VERB:
        ald_script_say(script, "=$_aldis_verbs");
        break;
    case ALD_COMPLETION_WORDS:
        ald_script_say(script, "=");
        ald_script_words(script, name);
        break;
    case ALD_COMPLETION_NONE:
        ald_script_say(script, "-");
        break;
    default:
        ald_script_str(script, name);
    }
}

static void bash_verbs(struct ald_script *script)
{
    const struct ald_verb *verb;

    ald_script_say(script, "_aldis_verbs='");
    for (size_t i = 0; (verb = ald_script_verb(i)) != NULL; i++) {
        ald_script_say(script, i > 0 ? " " : "");
        ald_script_say(script, verb->name);
    }
    ald_script_say(script, "'\n\n");
}

/* `(VERB OPTION) what follows it`; options of every verb have no verb before them. */
static void bash_values(struct ald_script *script, const char *verb, const struct ald_option *options, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct ald_option *option = &options[i];
        char letter[3] = {'-', option->letter, '\0'};

        if (option->value == NULL) {
            continue;
        }
        ald_script_say(script, "    ");
        ald_script_say(script, verb);
        ald_script_say(script, "' --");
        ald_script_say(script, option->name);
        ald_script_say(script, "'");
        if (option->letter != 0) {
            ald_script_say(script, "|");
            ald_script_say(script, verb);
            ald_script_say(script, "' ");
            ald_script_say(script, letter);
            ald_script_say(script, "'");
        }
        ald_script_say(script, ") echo \"");
        bash_kind(script, ald_str(option->value), true);
        ald_script_say(script, "\" ;;\n");
    }
}

static void bash_option_names(struct ald_script *script, const struct ald_option *options, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ald_script_say(script, i > 0 ? " --" : "--");
        ald_script_say(script, options[i].name);
    }
}

static void bash_options(struct ald_script *script)
{
    const struct ald_verb *verb;

    ald_script_say(script, "# The options of verb $1.\n_aldis_options() {\n    case $1 in\n");
    for (size_t i = 0; (verb = ald_script_verb(i)) != NULL; i++) {
        ald_script_say(script, "    ");
        ald_script_say(script, verb->name);
        ald_script_say(script, ") echo '");
        bash_option_names(script, verb->options, verb->n_options);
        ald_script_say(script, "' ;;\n");
    }
    ald_script_say(script, "    esac\n    echo '");
    bash_option_names(script, ald_cli_options.options, ald_cli_options.n);
    ald_script_say(script, "'\n}\n\n# What follows option $2 of verb $1; nothing where it is a flag.\n"
                           "_aldis_value() {\n    case \"$1 $2\" in\n");
    for (size_t i = 0; (verb = ald_script_verb(i)) != NULL; i++) {
        bash_values(script, verb->name, verb->options, verb->n_options);
    }
    bash_values(script, "*", ald_cli_options.options, ald_cli_options.n);
    ald_script_say(script, "    esac\n}\n\n");
}

static void bash_operands(struct ald_script *script)
{
    const struct ald_verb *verb;

    ald_script_say(script, "# What operand $2 (from 0) of verb $1 is.\n_aldis_operand() {\n    case \"$1 $2\" in\n");
    for (size_t i = 0; (verb = ald_script_verb(i)) != NULL; i++) {
        struct ald_str synopsis = ald_str(verb->synopsis != NULL ? verb->synopsis : "");
        struct ald_str operand;

        for (int n = 0; ald_completion_operand(verb, &synopsis, &operand); n++) {
            if (ald_completion_kind(operand) != ALD_COMPLETION_NONE && script->status == 0) {
                script->status = ald_buf_pushf(script->out, "    '%s %d') echo \"", verb->name, n);
                bash_kind(script, operand, false);
                ald_script_say(script, "\" ;;\n");
            }
        }
    }
    ald_script_say(script, "    esac\n}\n\n");
}

int ald_completion_bash(struct ald_buf *out)
{
    struct ald_script script = {.out = out};

    ald_script_say(&script, bash_head);
    bash_verbs(&script);
    bash_options(&script);
    bash_operands(&script);
    ald_script_say(&script, bash_tail);
    return script.status;
}
