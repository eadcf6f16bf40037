#include "lib/test.h"

#include "cli/grid.h"

static const struct ald_grid_column columns[] = {{"TARGET", false}, {"CHANNELS", true}, {"PRIMARY", false}};

static void check_printed(const struct ald_grid *grid, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    ald_check(out != NULL);
    ald_grid_print(grid, out);
    fclose(out);
    ald_check_str(ald_str_of(text, size), expected);
    free(text);
}

ALD_TEST(grid, aligns_words_to_the_left_and_numbers_to_the_right)
{
    struct ald_grid grid;

    ald_grid_init(&grid, columns, ALD_COUNT(columns));
    ald_check_int(ald_grid_add(&grid, "lamp"), 0);
    ald_check_int(ald_grid_add_u64(&grid, 12), 0);
    ald_check_int(ald_grid_add(&grid, "yes"), 0);
    ald_check_int(ald_grid_add(&grid, "a-longer-name"), 0);
    ald_check_int(ald_grid_add_u64(&grid, 1234567890), 0);
    ald_check_int(ald_grid_add(&grid, ""), 0);
    check_printed(&grid, "TARGET           CHANNELS  PRIMARY\n"
                         "lamp                   12  yes\n"
                         "a-longer-name  1234567890  -\n");
    ald_grid_fini(&grid);
}

ALD_TEST(grid, counts_characters_and_not_bytes)
{
    struct ald_grid grid;

    ald_grid_init(&grid, columns, ALD_COUNT(columns));
    ald_check_int(ald_grid_add(&grid, "lämpchen"), 0);
    ald_check_int(ald_grid_add_u64(&grid, 1), 0);
    ald_check_int(ald_grid_add(&grid, "x"), 0);
    check_printed(&grid, "TARGET    CHANNELS  PRIMARY\n"
                         "lämpchen         1  x\n");
    ald_grid_fini(&grid);
}

ALD_TEST(grid, shows_its_titles_when_there_is_nothing)
{
    struct ald_grid grid;

    ald_grid_init(&grid, columns, ALD_COUNT(columns));
    check_printed(&grid, "TARGET  CHANNELS  PRIMARY\n");
    ald_grid_fini(&grid);
}

ALD_TEST_MAIN(grid, ALD_CASE(grid, aligns_words_to_the_left_and_numbers_to_the_right),
              ALD_CASE(grid, counts_characters_and_not_bytes), ALD_CASE(grid, shows_its_titles_when_there_is_nothing))
