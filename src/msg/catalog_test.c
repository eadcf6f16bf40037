#include "msg/catalog.h"

#include <stdio.h>

#include "lib/alloc_fail.h"
#include "lib/panic.h"
#include "lib/test.h"

static char why[ALD_CATALOG_WHY_MAX];

static struct ald_blueprint *blueprint_of(const char *document)
{
    struct ald_blueprint *blueprint = NULL;
    int r = ald_blueprint_new(ald_str(document), &blueprint, why);

    if (r != 0) {
        fail_msg("%s: %s", document, why);
    }
    return blueprint;
}

static void wrong(const char *document, const char *text)
{
    struct ald_blueprint *blueprint = NULL;

    ald_check_int(ald_blueprint_new(ald_str(document), &blueprint, why), ALD_CATALOG_WRONG);
    ald_check_str(ald_str(why), text);
}

ALD_TEST(catalog, reads_a_document)
{
    static const char document[] =
        "{\"name\":\"foo:Echo\\u0052equest\",\"kind\":\"request\",\"src\":\"control\",\"dst\":[\"host\",\"instance\"],"
        "\"permission\":\"foo.echo\",\"schema\":{\"type\":\"object\"},\"response\":true}";
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = blueprint_of(document);

    ald_check_str(blueprint->name, "foo:EchoRequest");
    ald_check(!blueprint->is_event);
    ald_check_int(blueprint->src, ALD_PLACE_CONTROL);
    ald_check_int(blueprint->dst, ALD_PLACE_HOST | ALD_PLACE_INSTANCE);
    ald_check_str(blueprint->permission, "foo.echo");
    ald_check_str(ald_schema_text(blueprint->schema), "{\"type\":\"object\"}");
    ald_check(blueprint->response != NULL);
    ald_check_str(blueprint->document, document);
}

ALD_TEST(catalog, takes_what_is_left_out_for_anything)
{
    ALD_AUTO(ald_blueprint_unref)
    struct ald_blueprint *blueprint =
        blueprint_of("{\"name\":\"e\",\"kind\":\"event\",\"permission\":null,\"description\":\"x\"}");

    ald_check(blueprint->is_event);
    ald_check_int(blueprint->src, ALD_PLACE_ANY);
    ald_check_int(blueprint->dst, ALD_PLACE_ANY);
    ald_check(!ald_str_present(blueprint->permission));
    ald_check(blueprint->schema == NULL && blueprint->response == NULL);
}

ALD_TEST(catalog, refuses_documents_and_says_where)
{
    wrong("[", "not JSON: the text ends too early (at byte 1)");
    wrong("[]", "must be an object");
    wrong("{\"kind\":\"event\"}", "must be a string of 1 to 255 bytes at /name");
    wrong("{\"name\":\"\",\"kind\":\"event\"}", "must be a string of 1 to 255 bytes at /name");
    wrong("{\"name\":\"a\"}", "must be \"request\" or \"event\" at /kind");
    wrong("{\"name\":\"a\",\"kind\":\"event\",\"response\":{}}", "an event has no answer at /response");
    wrong("{\"name\":\"a\",\"kind\":\"event\",\"src\":\"broadcast\"}",
          "must be one of controller, host, instance, control, or several in an array at /src");
    wrong("{\"name\":\"a\",\"kind\":\"event\",\"dst\":[]}",
          "must be one of controller, host, instance, control, or several in an array at /dst");
    wrong("{\"name\":\"a\",\"kind\":\"event\",\"permission\":1}",
          "must be null or a string of 1 to 255 bytes at /permission");
    wrong("{\"name\":\"a\",\"kind\":\"event\",\"shcema\":{}}", "no such member at /shcema");
    wrong("{\"name\":\"a\",\"kind\":\"request\",\"response\":{\"properties\":{\"b\":{\"type\":\"int\"}}}}",
          "must name a type, or several in an array at /response/properties/b/type");
}

static struct ald_catalog *catalog_with(struct ald_catalog *catalog, const char *name)
{
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = NULL;
    struct ald_catalog *made = NULL;
    char document[128];

    (void)snprintf(document, sizeof(document), "{\"name\":\"%s\",\"kind\":\"event\"}", name);
    blueprint = blueprint_of(document);
    ald_check_int(ald_catalog_with(catalog, blueprint, &made), 0);
    (void)ald_catalog_unref(catalog);
    return made;
}

ALD_TEST(catalog, is_another_one_when_it_changes)
{
    struct ald_catalog *catalog = NULL, *old, *made = NULL;

    ald_check_int(ald_catalog_new(&catalog), 0);
    catalog = catalog_with(catalog, "b");
    catalog = catalog_with(catalog, "c");
    catalog = catalog_with(catalog, "a");
    old = ald_catalog_ref(catalog);
    catalog = catalog_with(catalog, "b"); /* in place of the first */
    ald_check_str(ald_catalog_at(catalog, 0)->name, "a");
    ald_check_str(ald_catalog_at(catalog, 2)->name, "c");
    ald_check(ald_catalog_at(catalog, 3) == NULL);
    ald_check(ald_catalog_find(catalog, ALD_STR("b")) != ald_catalog_find(old, ALD_STR("b")));
    ald_check(ald_catalog_find(catalog, ALD_STR("c")) == ald_catalog_find(old, ALD_STR("c")));
    ald_check_int(ald_catalog_without(catalog, ALD_STR("d"), &made), ALD_CATALOG_UNKNOWN);
    ald_check_int(ald_catalog_without(catalog, ALD_STR("a"), &made), 0);
    ald_check(ald_catalog_find(made, ALD_STR("a")) == NULL && ald_catalog_find(made, ALD_STR("c")) != NULL);
    ald_check(ald_catalog_find(old, ALD_STR("a")) != NULL);
    (void)ald_catalog_unref(made);
    (void)ald_catalog_unref(catalog);
    (void)ald_catalog_unref(old);
}

static int whole_life(void)
{
    ALD_AUTO(ald_blueprint_unref) struct ald_blueprint *blueprint = NULL;
    ALD_AUTO(ald_catalog_unref) struct ald_catalog *empty = NULL;
    ALD_AUTO(ald_catalog_unref) struct ald_catalog *one = NULL;
    ALD_AUTO(ald_catalog_unref) struct ald_catalog *none = NULL;
    int r = ald_blueprint_new(
        ALD_STR("{\"name\":\"\\u0061\",\"kind\":\"request\",\"permission\":\"p\",\"schema\":{},\"response\":{}}"),
        &blueprint, why);

    if (r == 0) {
        r = ald_catalog_new(&empty);
    }
    if (r == 0) {
        r = ald_catalog_with(empty, blueprint, &one);
    }
    return r == 0 ? ald_catalog_without(one, ALD_STR("a"), &none) : r;
}

ALD_TEST(catalog, survives_short_memory_anywhere)
{
    uint64_t n = 1;

    for (;; n++) {
        int r;

        ald_alloc_fail_at(n);
        r = whole_life();
        if (!ald_alloc_fail_off()) {
            ald_check_int(r, 0);
            break;
        }
        ald_check_int(r, ALDIS_E_NOMEM);
    }
    ald_check(n > 15);
}

ALD_TEST_MAIN(catalog, ALD_CASE(catalog, reads_a_document), ALD_CASE(catalog, takes_what_is_left_out_for_anything),
              ALD_CASE(catalog, refuses_documents_and_says_where), ALD_CASE(catalog, is_another_one_when_it_changes),
              ALD_CASE(catalog, survives_short_memory_anywhere))
