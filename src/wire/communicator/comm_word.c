#include "wire/communicator/comm_word.h"

#include "wire/communicator/comm_value.h"

static const struct ald_str word_names[] = {
#define ALD_X(name) [ALD_COMM_WORD_##name] = {#name, sizeof(#name) - 1},
    ALD_COMM_WORDS(ALD_X)
#undef ALD_X
};
_Static_assert(ALD_COUNT(word_names) == ALD_COMM_N_WORDS, "every word has a name");

struct ald_str ald_comm_word_name(enum ald_comm_word word)
{
    ald_assert(word < ALD_COMM_N_WORDS);
    return word_names[word];
}

uint32_t ald_comm_words_of(struct ald_str list)
{
    uint32_t words = 0;
    struct ald_str item;

    while (ald_comm_list_next(&list, &item)) {
        for (int i = 0; i < ALD_COMM_N_WORDS; i++) {
            words |= ald_str_equal(item, word_names[i]) ? UINT32_C(1) << i : 0;
        }
    }
    return words;
}
