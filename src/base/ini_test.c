#include "base/ini.h"

#include "base/rng.h"
#include "lib/test.h"

static struct ald_ini ini_of(const char *text)
{
    struct ald_ini ini;

    ald_ini_init(&ini, ald_str(text));
    return ini;
}

/* The reader refuses the text at `line`. */
static void refuses(struct ald_str text, unsigned line)
{
    struct ald_ini ini;
    struct ald_ini_item item;
    const char *what = NULL;
    int r;

    ald_ini_init(&ini, text);
    do {
        r = ald_ini_next(&ini, &item, &what);
    } while (r == 0);

    ald_check_int(r, ALD_INI_MALFORMED);
    ald_check_int(ini.line, line);
    ald_check(what != NULL);
    ald_check_int(ald_ini_next(&ini, &item, &what), ALD_INI_END);
}

ALD_TEST(ini, gives_items_with_section_and_line)
{
    struct ald_ini ini =
        ini_of("# first\n\n[http]\nlisten = 127.0.0.1:1, [::1]:1  \r\n; second\n [ unix ] \npath=/a#b\n");
    struct ald_ini_item item;
    const char *what = NULL;

    ald_check_int(ald_ini_next(&ini, &item, &what), 0);
    ald_check_str(item.section, "http");
    ald_check_str(item.key, "listen");
    ald_check_str(item.value, "127.0.0.1:1, [::1]:1");
    ald_check_int(item.line, 4);

    ald_check_int(ald_ini_next(&ini, &item, &what), 0);
    ald_check_str(item.section, "unix");
    ald_check_str(item.key, "path");
    ald_check_str(item.value, "/a#b");
    ald_check_int(item.line, 7);

    ald_check_int(ald_ini_next(&ini, &item, &what), ALD_INI_END);
    ald_check_int(ald_ini_next(&ini, &item, &what), ALD_INI_END);
}

ALD_TEST(ini, takes_an_empty_value_and_equals_signs_inside_one)
{
    struct ald_ini ini = ini_of("[a]\nempty =\nboth = x=y = z");
    struct ald_ini_item item;
    const char *what = NULL;

    ald_check_int(ald_ini_next(&ini, &item, &what), 0);
    ald_check_str(item.value, "");
    ald_check_int(ald_ini_next(&ini, &item, &what), 0);
    ald_check_str(item.value, "x=y = z");
    ald_check_int(ald_ini_next(&ini, &item, &what), ALD_INI_END);
}

ALD_TEST(ini, ignores_a_byte_order_mark)
{
    struct ald_ini ini = ini_of("\xEF\xBB\xBF[a]\nb = c");
    struct ald_ini_item item;
    const char *what = NULL;

    ald_check_int(ald_ini_next(&ini, &item, &what), 0);
    ald_check_str(item.key, "b");
}

ALD_TEST(ini, has_nothing_to_say_about_an_empty_text)
{
    struct ald_ini ini = ini_of("");
    struct ald_ini_item item;
    const char *what = NULL;

    ald_check_int(ald_ini_next(&ini, &item, &what), ALD_INI_END);
}

ALD_TEST(ini, refuses_what_is_no_item)
{
    refuses(ALD_STR("[a]\n\nnonsense\nb = c\n"), 3);
    refuses(ALD_STR("b = c\n[a]\n"), 1);
    refuses(ALD_STR("[a]\nb c = d\n"), 2);
    refuses(ALD_STR("[a]\n= d\n"), 2);
}

ALD_TEST(ini, refuses_a_section_that_is_not_closed_or_has_no_name)
{
    refuses(ALD_STR("[a\nb = c\n"), 1);
    refuses(ALD_STR("[\n"), 1);
    refuses(ALD_STR("[]\n"), 1);
    refuses(ALD_STR("[a] # why\n"), 1);
    refuses(ALD_STR("[a b]\n"), 1);
}

ALD_TEST(ini, gives_the_titles_of_sections_and_where_they_begin)
{
    struct ald_ini ini;
    struct ald_ini_item item;
    const char *what = NULL;

    ald_ini_init_titled(&ini, ALD_STR("[token lamp 7]\nhash = x\n[plain]\n [ subject\t\"CN=a]b,O=x\" ]\n[s \"]\n"));
    ald_check_int(ald_ini_next(&ini, &item, &what), 0);
    ald_check_str(item.section, "token");
    ald_check_str(item.title, "lamp 7");
    ald_check(!ald_str_present(item.key));
    ald_check_int(item.line, 1);
    ald_check_int(ald_ini_next(&ini, &item, &what), 0);
    ald_check_str(item.title, "lamp 7");
    ald_check_str(item.key, "hash");
    ald_check_int(ald_ini_next(&ini, &item, &what), 0);
    ald_check_str(item.section, "plain");
    ald_check(!ald_str_present(item.title) && !ald_str_present(item.key));
    ald_check_int(ald_ini_next(&ini, &item, &what), 0);
    ald_check_str(item.section, "subject");
    ald_check_str(item.title, "CN=a]b,O=x");
    ald_check_int(item.line, 4);
    ald_check_int(ald_ini_next(&ini, &item, &what), 0);
    ald_check_str(item.title, "\"");
    ald_check_int(ald_ini_next(&ini, &item, &what), ALD_INI_END);
}

ALD_TEST(ini, refuses_bytes_that_are_no_text)
{
    refuses(ALD_STR("[a]\nb = \xFF\n"), 2);
    refuses(ALD_STR("[a]\nb = \0\n"), 2);
    refuses(ALD_STR("[a]\nb = x\ry\n"), 2);
}

/* Lies within the text that was given. */
static bool inside(struct ald_str part, const char *text, size_t size)
{
    return part.data >= text && part.data + part.size <= text + size;
}

ALD_TEST(ini, stays_within_its_text_whatever_that_is)
{
    static const char bytes[] = "[]=;#\r\n \tab_-\xEF\xBB\xBF\xFF";
    struct ald_rng rng;

    ald_rng_init(&rng, 1);
    for (int round = 0; round < 20000; round++) {
        size_t size = ald_rng_below(&rng, 40);
        char *text = malloc(size + 1); /* of its own, so that a byte read past it is seen */
        struct ald_ini ini;
        struct ald_ini_item item;
        const char *what = NULL;
        size_t n_items = 0;

        for (size_t i = 0; i < size; i++) {
            text[i] = bytes[ald_rng_below(&rng, sizeof(bytes))];
        }
        ald_ini_init(&ini, (struct ald_str){text, size});
        while (ald_ini_next(&ini, &item, &what) == 0) {
            ald_check(++n_items <= size);
            ald_check(inside(item.section, text, size) && item.section.size > 0);
            ald_check(inside(item.key, text, size) && item.key.size > 0);
            ald_check(inside(item.value, text, size) && ald_utf8_valid(item.value));
        }
        free(text);
    }
}

ALD_TEST_MAIN(ini, ALD_CASE(ini, stays_within_its_text_whatever_that_is),
              ALD_CASE(ini, gives_items_with_section_and_line),
              ALD_CASE(ini, takes_an_empty_value_and_equals_signs_inside_one), ALD_CASE(ini, ignores_a_byte_order_mark),
              ALD_CASE(ini, has_nothing_to_say_about_an_empty_text), ALD_CASE(ini, refuses_what_is_no_item),
              ALD_CASE(ini, refuses_a_section_that_is_not_closed_or_has_no_name),
              ALD_CASE(ini, gives_the_titles_of_sections_and_where_they_begin),
              ALD_CASE(ini, refuses_bytes_that_are_no_text))
