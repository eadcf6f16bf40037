/*
 * The official test suite of JSON Schema draft-07, all of it but what is optional and what asks for other documents to be
 * fetched. Each file is an array of schemas, each with texts and whether they are valid.
 */

#include <dirent.h>
#include <stdio.h>

#include "base/buf.h"
#include "lib/test.h"
#include "msg/json.h"
#include "msg/schema.h"

enum {
    FILE_MAX = 1 << 20,
    FILES_LEAST = 30,  /* the suite has grown with every release: a folder with fewer is not it */
    CASES_LEAST = 400, /* Debian 12 has 408 */
    WRONG_SHOWN = 10
};

struct tally {
    unsigned n_files, n_cases, n_wrong;
    struct ald_schema_checker *checker;
};

static void tell(struct tally *tally, const char *file, struct ald_str schema, struct ald_str text, const char *what)
{
    if (tally->n_wrong++ < WRONG_SHOWN) {
        print_message("%s: %.*s\n  schema %.*s\n  %s\n", file, ALD_STR_ARG(text), ALD_STR_ARG(schema), what);
    }
}

static struct ald_str raw(const struct ald_json_node *node)
{
    return ald_json_value(node).raw;
}

static void run_case(struct tally *tally, const char *file, const struct ald_schema *schema,
                     const struct ald_json_node *test)
{
    struct ald_str data = raw(ald_json_find(test, ALD_STR("data")));
    bool valid = ald_json_type(ald_json_find(test, ALD_STR("valid"))) == ALD_JSON_TRUE;
    struct ald_schema_fault fault;
    char text[ALD_SCHEMA_TEXT_MAX];
    int r = ald_schema_check(schema, tally->checker, data, &fault);

    tally->n_cases++;
    if (r != 0 && r != ALD_SCHEMA_BROKEN) {
        tell(tally, file, ald_schema_text(schema), data, ald_schema_fault_text(&fault, text));
    } else if (valid != (r == 0)) {
        tell(tally, file, ald_schema_text(schema), data,
             valid ? ald_schema_fault_text(&fault, text) : "is taken for valid");
    } else if (!valid && (fault.what[0] == '\0' || fault.rule[0] != '#')) {
        if (strncmp(fault.rule, "http:", 5) != 0) {
            tell(tally, file, ald_schema_text(schema), data, "is refused without a reason");
        }
    }
}

static void run_group(struct tally *tally, const char *file, const struct ald_json_node *group)
{
    ALD_AUTO(ald_schema_free) struct ald_schema *schema = NULL;
    struct ald_str text = raw(ald_json_find(group, ALD_STR("schema")));
    const struct ald_json_node *tests = ald_json_find(group, ALD_STR("tests"));
    struct ald_schema_fault fault;
    char why[ALD_SCHEMA_TEXT_MAX];

    if (ald_schema_new(text, &schema, &fault) != 0) {
        tell(tally, file, text, ALD_STR("the schema"), ald_schema_fault_text(&fault, why));
        return;
    }
    ald_json_each(it, tests)
    {
        run_case(tally, file, schema, it);
    }
}

static void run_file(struct tally *tally, const char *name)
{
    static char text[FILE_MAX];
    char path[512];
    struct ald_json json;
    FILE *file;
    size_t size;

    (void)snprintf(path, sizeof(path), "%s/%s", ALD_SCHEMA_SUITE, name);
    file = fopen(path, "r");
    ald_check(file != NULL);
    size = fread(text, 1, sizeof(text), file);
    fclose(file);
    ald_check(size < sizeof(text));
    ald_json_init(&json, FILE_MAX);
    ald_check_int(ald_json_parse(&json, ald_str_of(text, size), ALD_JSON_STRICT, NULL), 0);
    ald_json_each(it, ald_json_root(&json))
    {
        run_group(tally, name, it);
    }
    ald_json_fini(&json);
    tally->n_files++;
}

static bool is_wanted(const char *name)
{
    size_t size = strlen(name);

    return size > 5 && strcmp(name + size - 5, ".json") == 0 && strcmp(name, "refRemote.json") != 0;
}

ALD_TEST(suite, passes_all_of_draft_07)
{
    struct tally tally = {.n_files = 0};
    DIR *folder = opendir(ALD_SCHEMA_SUITE);

    ald_check(folder != NULL);
    ald_check_int(ald_schema_checker_new(&tally.checker), 0);
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (is_wanted(entry->d_name)) {
            run_file(&tally, entry->d_name);
        }
    }
    closedir(folder);
    (void)ald_schema_checker_free(tally.checker);
    print_message("%u cases of %u files, %u wrong\n", tally.n_cases, tally.n_files, tally.n_wrong);
    ald_check_int(tally.n_wrong, 0);
    ald_check(tally.n_files >= FILES_LEAST);
    ald_check(tally.n_cases >= CASES_LEAST);
}

ALD_TEST_MAIN(suite, ALD_CASE(suite, passes_all_of_draft_07))
