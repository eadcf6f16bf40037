#include "cli/args.h"

#include <string.h>

static bool args_operand(const char *text)
{
    return text[0] != '-' || text[1] == '\0' || (text[1] >= '0' && text[1] <= '9');
}

/* Is `text`, which begins with a dash, this option? `*ret_value` is then what follows in the same argument, or NULL. */
static bool option_is(const struct ald_option *option, const char *text, const char **ret_value)
{
    size_t size = strlen(option->name);

    *ret_value = NULL;
    if (text[1] != '-') {
        if (option->letter == 0 || text[1] != option->letter) {
            return false;
        }
        *ret_value = text[2] != '\0' ? text + 2 : NULL;
        return true;
    }
    if (strncmp(text + 2, option->name, size) != 0 || (text[2 + size] != '\0' && text[2 + size] != '=')) {
        return false;
    }
    *ret_value = text[2 + size] == '=' ? text + 2 + size + 1 : NULL;
    return true;
}

static const struct ald_option *option_find(const struct ald_option_table *tables, size_t n_tables, const char *text,
                                            const char **ret_value)
{
    for (size_t i = 0; i < n_tables; i++) {
        for (size_t j = 0; j < tables[i].n; j++) {
            if (option_is(&tables[i].options[j], text, ret_value)) {
                return &tables[i].options[j];
            }
        }
    }
    return NULL;
}

static int args_option(struct ald_args *args, const struct ald_option_table *tables, size_t n_tables,
                       struct ald_arg *arg)
{
    const struct ald_option *option = option_find(tables, n_tables, arg->text, &arg->value);

    if (option == NULL) {
        return ALD_ARGS_UNKNOWN;
    }
    arg->key = option->key;
    if (option->value == NULL) {
        return arg->value != NULL ? ALD_ARGS_VALUE_UNWANTED : 0;
    }
    if (arg->value == NULL) {
        if (*args->argv == NULL) {
            return ALD_ARGS_VALUE_MISSING;
        }
        arg->value = *args->argv++;
    }
    return 0;
}

int ald_args_next(struct ald_args *args, const struct ald_option_table *tables, size_t n_tables,
                  struct ald_arg *ret_arg)
{
    struct ald_arg arg = {0};

    if (*args->argv != NULL && !args->operands_only && strcmp(*args->argv, "--") == 0) {
        args->operands_only = true;
        args->argv++;
    }
    if (*args->argv == NULL) {
        return ALD_ARGS_END;
    }
    arg.text = *args->argv++;
    *ret_arg = arg;
    if (args->operands_only || args_operand(arg.text)) {
        ret_arg->value = arg.text;
        return 0;
    }
    return args_option(args, tables, n_tables, ret_arg);
}
