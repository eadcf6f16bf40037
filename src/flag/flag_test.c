#include "flag/flag.h"

#include <stdio.h>

#include "lib/alloc_fail.h"
#include "lib/test.h"

static struct ald_flag_why why;

static struct ald_flag *flag_of(const char *text)
{
    struct ald_flag *flag = NULL;

    ald_check_int(ald_flag_parse(ald_str(text), &flag, &why), 0);
    return flag;
}

static void check_bad(struct ald_str text, const char *part)
{
    struct ald_flag *flag = NULL;

    ald_check_int(ald_flag_parse(text, &flag, &why), ALD_FLAG_BAD);
    ald_check(flag == NULL);
    ald_check(strstr(why.text, part) != NULL);
}

/* What a reader makes of what a writer wrote. */
static struct ald_flag *flag_again(const struct ald_flag *flag)
{
    struct ald_flag *again = NULL;
    struct ald_buf text;

    ald_buf_init(&text, ALD_FLAG_FILE_MAX);
    ald_check_int(ald_flag_format(flag, &text), 0);
    ald_check_int(ald_flag_parse(ald_buf_str(&text), &again, &why), 0);
    ald_buf_fini(&text);
    return again;
}

static const struct ald_flag plain = {
    .id = {{"a", 1}, {"b", 1}, {"c", 1}},
    .message = {"m", 1},
    .count = 1,
};

/* As the original's page shows it. */
static const char original[] = "# comment\n# comment\n# comment\n"
                               "count=2\n"
                               "date=1795226858\n"
                               "hostname=vm\n"
                               "line=33\n"
                               "manual_down=no\n"
                               "message=text\n"
                               "modified=1795226860\n"
                               "name=file-write\n"
                               "priority=97\n"
                               "section=neighbors\n"
                               "source_file=f.cpp\n"
                               "tags=cache,file-system\n"
                               "unit=communicatord\n"
                               "version=2.0.13\n";

ALD_TEST(flag, a_file_of_the_original_is_read)
{
    struct ald_flag *flag = flag_of(original);
    struct ald_str tags = flag->tags, tag;

    ald_check_str(flag->id.unit, "communicatord");
    ald_check_str(flag->id.section, "neighbors");
    ald_check_str(flag->id.name, "file-write");
    ald_check_str(flag->message, "text");
    ald_check_str(flag->hostname, "vm");
    ald_check_str(flag->version, "2.0.13");
    ald_check_str(flag->source_file, "f.cpp");
    ald_check(!ald_str_present(flag->function));
    ald_check_int(flag->line, 33);
    ald_check_int(flag->count, 2);
    ald_check_int(flag->date, 1795226858);
    ald_check_int(flag->modified, 1795226860);
    ald_check_int(flag->priority, 97);
    ald_check(!flag->manual_down);
    ald_check(ald_flag_next_tag(&tags, &tag));
    ald_check_str(tag, "cache");
    ald_check(ald_flag_next_tag(&tags, &tag));
    ald_check_str(tag, "file-system");
    ald_check(!ald_flag_next_tag(&tags, &tag));
    ald_flag_free(flag);
}

ALD_TEST(flag, what_is_written_has_three_comments_and_sorted_keys)
{
    const struct ald_flag flag = {
        .id = {ALD_STR("communicatord"), ALD_STR("neighbors"), ALD_STR("file-write")},
        .message = ALD_STR("text"),
        .hostname = ALD_STR("vm"),
        .version = ALD_STR("2.0.13"),
        .source_file = ALD_STR("f.cpp"),
        .tags = ALD_STR("file-system, Cache,cache,,"),
        .line = 33,
        .count = 2,
        .date = 1795226858,
        .modified = 1795226860,
        .priority = 97,
    };
    struct ald_buf text;
    struct ald_str rest;

    ald_buf_init(&text, ALD_FLAG_FILE_MAX);
    ald_check_int(ald_flag_format(&flag, &text), 0);
    rest = ald_buf_str(&text);
    for (int i = 0; i < 3; i++) {
        ald_check(ald_str_starts(rest, ALD_STR("# ")));
        rest = ald_str_from(rest, ald_str_find(rest, ALD_STR("\n")) + 1);
    }
    ald_check_str(rest, strstr(original, "count="));
    ald_buf_fini(&text);
}

ALD_TEST(flag, any_message_survives)
{
    static const char *const messages[] = {
        "one line",
        "two\nlines",
        "\n",
        "line\n\nname=x\nunit=y\n# no comment\n",
        "back\\slash, \\n is no line end, \\\\n neither",
        "\\",
        "tab\tand\rreturn",
        " blanks around ",
        "\tand tabs\t",
        "\"quoted\"",
        "'quoted'",
        "\"",
        "\" \"",
        "a = b",
        "=",
        "caf\xc3\xa9 \xe2\x9c\x93",
        "\x01\x1b[31m",
    };

    for (size_t i = 0; i < ALD_COUNT(messages); i++) {
        struct ald_flag flag = plain;
        struct ald_flag *again;

        flag.message = ald_str(messages[i]);
        ald_check_int(ald_flag_check(&flag, &why), 0);
        again = flag_again(&flag);
        ald_check_str(again->message, messages[i]);
        ald_check_int(again->message.data[again->message.size], '\0');
        ald_check_str(again->id.name, "c");
        ald_check_str(again->id.unit, "a");
        ald_flag_free(again);
    }
}

ALD_TEST(flag, a_message_whose_lines_the_original_wrote_as_they_are_is_read_whole)
{
    struct ald_flag *flag =
        flag_of("message=disk full:\n  /var 100%\n\n# df\nfree=0\nmodified=7\nname=full\nsection=disk\nunit=x\n");

    ald_check_str(flag->message, "disk full:\n  /var 100%\n\n# df\nfree=0");
    ald_check_int(flag->modified, 7);
    ald_check_str(flag->id.unit, "x");
    ald_flag_free(flag);
}

ALD_TEST(flag, everything_comes_back)
{
    const struct ald_flag flag = {
        .id = {ALD_STR("lamp-7"), ALD_STR("optics"), ALD_STR("lens-dirty")},
        .message = ALD_STR("wipe it"),
        .hostname = ALD_STR("deck"),
        .version = ALD_STR("aldis-1"),
        .source_file = ALD_STR("src\\lens.c"),
        .function = ALD_STR("lens_look"),
        .tags = ALD_STR("b,a"),
        .line = UINT64_MAX,
        .count = UINT64_MAX,
        .date = 1,
        .modified = UINT64_MAX,
        .priority = 100,
        .manual_down = true,
    };
    struct ald_flag *again = flag_again(&flag);

    ald_check_str(again->hostname, "deck");
    ald_check_str(again->version, "aldis-1");
    ald_check_str(again->source_file, "src\\lens.c");
    ald_check_str(again->function, "lens_look");
    ald_check_str(again->tags, "a,b");
    ald_check(again->line == UINT64_MAX && again->count == UINT64_MAX && again->modified == UINT64_MAX);
    ald_check(again->date == 1 && again->priority == 100 && again->manual_down);
    ald_flag_free(again);
}

ALD_TEST(flag, keys_may_be_spelled_and_ordered_as_the_original_takes_them)
{
    struct ald_flag *flag = flag_of("  unit = X \r\nSECTION=no\nsection=S-1\r\nname=N\nmanual-down=yes\n"
                                    "source-file=a.c\nmessage= hello \r\nmessage=again\nmood=bad");

    ald_check_str(flag->id.unit, "x");
    ald_check_str(flag->id.section, "s-1");
    ald_check_str(flag->id.name, "n");
    ald_check(flag->manual_down);
    ald_check_str(flag->source_file, "a.c");
    ald_check_str(flag->message, "again\nmood=bad"); /* a later key, or a line of the message: nothing is lost */
    ald_flag_free(flag);
}

ALD_TEST(flag, what_makes_no_sense_is_as_if_it_were_not_there)
{
    struct ald_flag *flag = flag_of("unit=a\nsection=b\nname=c\nmessage=\ncount=x\ndate=-5\nmodified=1e9\nline=\n"
                                    "priority=high\nmanual_down=perhaps\ntags= , ,\n");
    struct ald_str tags = flag->tags, tag;

    ald_check_str(flag->message, "");
    ald_check_int(flag->count, 1);
    ald_check(flag->date == 0 && flag->modified == 0 && flag->line == 0);
    ald_check_int(flag->priority, ALD_FLAG_PRIORITY_DEFAULT);
    ald_check(!flag->manual_down);
    ald_check(!ald_flag_next_tag(&tags, &tag));
    ald_flag_free(flag);
}

ALD_TEST(flag, a_priority_lies_between_0_and_100)
{
    static const struct {
        const char *text;
        int priority;
    } rows[] = {{"0", 0}, {"100", 100}, {"101", 100}, {"99999999999999999999", 5}, {"-1", 0}, {"-x", 5}, {"", 5}};

    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        char text[200];
        struct ald_flag *flag;

        snprintf(text, sizeof(text), "unit=a\nsection=b\nname=c\nmessage=m\npriority=%s\n", rows[i].text);
        flag = flag_of(text);
        ald_check_int(flag->priority, rows[i].priority);
        ald_flag_free(flag);
    }
    ald_check_int(ald_flag_priority(-1), 0);
    ald_check_int(ald_flag_priority(50), 50);
    ald_check_int(ald_flag_priority(INT64_MAX), 100);
    ald_check_int(ald_flag_priority(INT64_MIN), 0);
}

ALD_TEST(flag, bytes_in_another_encoding_do_not_hide_it)
{
    struct ald_flag *flag = flag_of("unit=a\nsection=b\nname=c\nmessage=caf\xe9\n");

    ald_check_str(flag->message, "caf?");
    ald_flag_free(flag);
}

ALD_TEST(flag, files_that_are_none_of_a_flag_are_told_from_those_that_are)
{
    static char large[ALD_FLAG_FILE_MAX + 1];

    memset(large, '#', sizeof(large));
    check_bad(ALD_STR(""), "no unit");
    check_bad(ALD_STR("unit=a\nsection=b\nname=c\n"), "no message");
    check_bad(ALD_STR("unit=a\nsection=b\nmessage=m\n"), "no name");
    check_bad(ALD_STR("unit=a\nname=b\nmessage=m\n"), "no section");
    check_bad(ALD_STR("section=a\nname=b\nmessage=m\n"), "no unit");
    check_bad(ALD_STR("unit=a\nsection=b\nname=../../x\nmessage=m\n"), "cannot be the name");
    check_bad(ALD_STR("unit=\nsection=b\nname=c\nmessage=m\n"), "empty");
    check_bad(ALD_STR("unit=a\nsection=b\nname=c\nmessage=m\n\0"), "no text");
    check_bad(ALD_STR("\0\0\0\0"), "no text"); /* as a machine that stopped may leave it */
    check_bad(ald_str_of(large, sizeof(large)), "too large");
}

ALD_TEST(flag, names_follow_the_rule_of_the_original)
{
    static const struct {
        const char *part;
        const char *fault; /* NULL: none */
    } rows[] = {
        {"a", NULL},         {"lamp-7", NULL},        {"A-B-c9", NULL},   {"", "empty"},
        {"7lamp", "letter"}, {"-a", "letter"},        {"a-", "end in -"}, {"a--b", "--"},
        {"a_b", "only"},     {"a b", "only"},         {"a/b", "only"},    {"..", "letter"},
        {"a.b", "only"},     {"caf\xc3\xa9", "only"}, {"a\n", "only"},    {"\xff", "letter"},
    };

    for (size_t i = 0; i < ALD_COUNT(rows); i++) {
        struct ald_flag flag = plain;
        char file[ALD_FLAG_FILE_ROOM];

        for (int part = 0; part < 3; part++) {
            struct ald_flag_id id = plain.id;
            struct ald_str *parts[] = {&id.unit, &id.section, &id.name};

            *parts[part] = ald_str(rows[i].part);
            ald_check_int(ald_flag_file_name(&id, file, &why), rows[i].fault == NULL ? 0 : ALD_FLAG_BAD);
            ald_check(rows[i].fault == NULL || strstr(why.text, rows[i].fault) != NULL);
        }
        flag.tags = ald_str(rows[i].part);
        ald_check_int(ald_flag_check(&flag, &why), rows[i].fault == NULL || rows[i].part[0] == '\0' ? 0 : ALD_FLAG_BAD);
    }
}

ALD_TEST(flag, its_file_is_called_by_its_parts_lowered)
{
    const struct ald_flag_id id = {ALD_STR("Lamp-7"), ALD_STR("OPTICS"), ALD_STR("lens")};
    char file[ALD_FLAG_FILE_ROOM];
    struct ald_flag_id back;

    ald_check_int(ald_flag_file_name(&id, file, &why), 0);
    ald_check_str(ald_str(file), "lamp-7_optics_lens.flag");
    ald_check_int(ald_flag_file_id(ald_str(file), &back, &why), 0);
    ald_check_str(back.unit, "lamp-7");
    ald_check_str(back.section, "optics");
    ald_check_str(back.name, "lens");
}

ALD_TEST(flag, other_names_of_files_are_none_of_a_flag)
{
    static const char *const files[] = {"a_b_c",          "a_b.flag", "a_b_c_d.flag", ".flag",     "a__c.flag",
                                        "a_b_c.flag.bak", "",         "_b_c.flag",    "a_b_.flag", "a_b_c-.flag"};
    struct ald_flag_id id;

    for (size_t i = 0; i < ALD_COUNT(files); i++) {
        ald_check_int(ald_flag_file_id(ald_str(files[i]), &id, &why), ALD_FLAG_BAD);
    }
}

ALD_TEST(flag, the_longest_name_fits_a_file_system)
{
    static char unit[ALD_FLAG_PARTS_MAX + 1];
    struct ald_flag_id id = {ald_str_of(unit, ALD_FLAG_PARTS_MAX - 2), ALD_STR("b"), ALD_STR("c")};
    char file[ALD_FLAG_FILE_ROOM];

    memset(unit, 'a', sizeof(unit));
    ald_check_int(ald_flag_file_name(&id, file, &why), 0);
    ald_check_int(strlen(file) + strlen(".") + strlen(".bak") + strlen(".tmp"), 255);
    id.unit.size++;
    ald_check_int(ald_flag_file_name(&id, file, &why), ALD_FLAG_BAD);
    ald_check(strstr(why.text, "239") != NULL);
}

ALD_TEST(flag, what_is_raised_is_looked_at)
{
    static char many[ALD_FLAG_MESSAGE_MAX + 1];
    struct ald_flag flag = plain;

    memset(many, 'a', sizeof(many));
    flag.message = ALD_STR("");
    ald_check_int(ald_flag_check(&flag, &why), ALD_FLAG_BAD);
    flag.message = ald_str_of(many, ALD_FLAG_MESSAGE_MAX);
    ald_check_int(ald_flag_check(&flag, &why), 0);
    flag.message.size++;
    ald_check_int(ald_flag_check(&flag, &why), ALD_FLAG_BAD);
    ald_check(strstr(why.text, "message") != NULL && strstr(why.text, "too long") != NULL);
    flag.message = ALD_STR("\xff");
    ald_check_int(ald_flag_check(&flag, &why), ALD_FLAG_BAD);
    flag.message = ALD_STR("a\0b");
    ald_check_int(ald_flag_check(&flag, &why), ALD_FLAG_BAD);
    flag = plain;
    flag.function = ald_str_of(many, ALD_FLAG_SOURCE_MAX + 1);
    ald_check_int(ald_flag_check(&flag, &why), ALD_FLAG_BAD);
    flag = plain;
    flag.tags = ald_str_of(many, ALD_FLAG_TAGS_MAX + 1);
    ald_check_int(ald_flag_check(&flag, &why), ALD_FLAG_BAD);
    flag.tags = ALD_STR("good,7bad");
    ald_check_int(ald_flag_check(&flag, &why), ALD_FLAG_BAD);
    ald_check(strstr(why.text, "\"7bad\"") != NULL);
}

ALD_TEST(flag, the_largest_that_is_raised_fits_into_a_file)
{
    static char worst[ALD_FLAG_MESSAGE_MAX], tags[ALD_FLAG_TAGS_MAX + 1];
    struct ald_flag flag = plain;
    struct ald_flag *again;

    memset(worst, '\\', sizeof(worst));
    for (size_t i = 0; i < ALD_FLAG_TAGS_MAX; i += 2) {
        tags[i] = (char)('a' + i / 2 % 26);
        tags[i + 1] = ',';
    }
    flag.message = ald_str_of(worst, sizeof(worst));
    flag.source_file = flag.function = ald_str_of(worst, ALD_FLAG_SOURCE_MAX);
    flag.tags = ald_str(tags);
    ald_check_int(ald_flag_check(&flag, &why), 0);
    again = flag_again(&flag);
    ald_check(ald_str_equal(again->message, flag.message));
    ald_check_str(again->tags, "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z");
    ald_flag_free(again);
}

ALD_TEST(flag, a_file_that_ends_anywhere_is_read_or_refused)
{
    for (size_t size = 0; size <= strlen(original); size++) {
        struct ald_flag *flag = NULL;
        char *copy = malloc(size + 1); /* its end is watched by the sanitizer */
        int r;

        ald_check(copy != NULL);
        memcpy(copy, original, size);
        r = ald_flag_parse(ald_str_of(copy, size), &flag, &why);
        ald_check(r == 0 || r == ALD_FLAG_BAD);
        ald_check((r == 0) == (flag != NULL));
        ald_flag_free(flag);
        free(copy);
    }
}

ALD_TEST(flag, a_copy_has_texts_of_its_own)
{
    struct ald_flag *flag = flag_of(original);
    struct ald_flag *copy = NULL;
    struct ald_flag *again;

    ald_check_int(ald_flag_copy(flag, &copy), 0);
    ald_flag_free(flag);
    ald_check_str(copy->id.unit, "communicatord");
    ald_check_str(copy->tags, "cache,file-system");
    ald_check(!ald_str_present(copy->function));
    ald_check(copy->count == 2 && copy->priority == 97);
    again = flag_again(copy);
    ald_check_str(again->message, "text");
    ald_flag_free(again);
    ald_alloc_fail_at(1);
    ald_check_int(ald_flag_copy(copy, &again), ALDIS_E_NOMEM);
    ald_check(ald_alloc_fail_off());
    ald_flag_free(copy);
}

ALD_TEST(flag, short_memory_is_told)
{
    struct ald_flag *flag = NULL;
    struct ald_buf text;

    ald_alloc_fail_at(1);
    ald_check_int(ald_flag_parse(ALD_STR("unit=a\nsection=b\nname=c\nmessage=m\n"), &flag, &why), ALDIS_E_NOMEM);
    ald_check(ald_alloc_fail_off());
    ald_check(flag == NULL);
    ald_buf_init(&text, 10);
    ald_check_int(ald_flag_format(&plain, &text), ALD_BUF_FULL);
    ald_buf_fini(&text);
}

ALD_TEST(flag, the_urgent_come_first)
{
    const struct ald_flag a = {.id = {ALD_STR("a"), ALD_STR("x"), ALD_STR("x")}, .priority = 5};
    const struct ald_flag b = {.id = {ALD_STR("b"), ALD_STR("a"), ALD_STR("x")}, .priority = 97};
    const struct ald_flag c = {.id = {ALD_STR("b"), ALD_STR("b"), ALD_STR("a")}, .priority = 97};
    const struct ald_flag d = {.id = {ALD_STR("b"), ALD_STR("b"), ALD_STR("b")}, .priority = 97};
    const struct ald_flag *flags[] = {&a, &d, &b, &c};

    qsort(flags, ALD_COUNT(flags), sizeof(flags[0]), ald_flag_compare);
    ald_check(flags[0] == &b && flags[1] == &c && flags[2] == &d && flags[3] == &a);
}

ALD_TEST_MAIN(
    flag, ALD_CASE(flag, a_file_of_the_original_is_read),
    ALD_CASE(flag, what_is_written_has_three_comments_and_sorted_keys), ALD_CASE(flag, any_message_survives),
    ALD_CASE(flag, a_message_whose_lines_the_original_wrote_as_they_are_is_read_whole),
    ALD_CASE(flag, everything_comes_back), ALD_CASE(flag, keys_may_be_spelled_and_ordered_as_the_original_takes_them),
    ALD_CASE(flag, what_makes_no_sense_is_as_if_it_were_not_there), ALD_CASE(flag, a_priority_lies_between_0_and_100),
    ALD_CASE(flag, bytes_in_another_encoding_do_not_hide_it),
    ALD_CASE(flag, files_that_are_none_of_a_flag_are_told_from_those_that_are),
    ALD_CASE(flag, names_follow_the_rule_of_the_original), ALD_CASE(flag, its_file_is_called_by_its_parts_lowered),
    ALD_CASE(flag, other_names_of_files_are_none_of_a_flag), ALD_CASE(flag, the_longest_name_fits_a_file_system),
    ALD_CASE(flag, what_is_raised_is_looked_at), ALD_CASE(flag, the_largest_that_is_raised_fits_into_a_file),
    ALD_CASE(flag, a_file_that_ends_anywhere_is_read_or_refused), ALD_CASE(flag, a_copy_has_texts_of_its_own),
    ALD_CASE(flag, short_memory_is_told), ALD_CASE(flag, the_urgent_come_first))
