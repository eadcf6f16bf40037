#include "cli/progress.h"

#include <math.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/duration.h"
#include "cli/term.h"

/* Sooner than that nobody begins to wonder. */
#define PROGRESS_PATIENCE (300 * ALD_MSEC)
#define PROGRESS_EVERY ALD_SEC
/* No eye sees more, and an agent may say thousands of things a second. */
#define PROGRESS_LEAST (50 * ALD_MSEC)

/* Cells of the bar. */
enum { PROGRESS_BAR = 20 };

/* A character takes at most four bytes. */
enum { PROGRESS_LINE = 1024 };

static void progress_draw(struct ald_progress *progress);

static void progress_alarm(void *owner)
{
    progress_draw(owner);
}

void ald_progress_init(struct ald_progress *progress, struct ald_loop *loop, FILE *out)
{
    *progress = (struct ald_progress){.loop = loop, .out = out, .since = ald_loop_fresh()};
    progress->watched = isatty(fileno(out));
    progress->live = ald_term_live(out);
    progress->colour = ald_term_coloured(out);
    ald_alarm_init(&progress->alarm, progress_alarm, progress);
    if (progress->live) {
        ald_alarm_start(loop, &progress->alarm, progress->since + PROGRESS_PATIENCE);
    }
}

void ald_progress_erase(struct ald_progress *progress)
{
    if (progress->shown) {
        fputs("\r\033[K", progress->out);
        fflush(progress->out);
        progress->shown = false;
        ald_alarm_start(progress->loop, &progress->alarm, ald_loop_fresh() + PROGRESS_PATIENCE);
    }
}

void ald_progress_fini(struct ald_progress *progress)
{
    ald_progress_erase(progress);
    ald_alarm_stop(progress->loop, &progress->alarm);
}

/* --- the line ------------------------------------------------------------------------------------------------------ */

/* What an agent says is not to be trusted: more than all, less than nothing, or no number at all. */
static double progress_share(const struct ald_progress *progress)
{
    double share = progress->total > 0 ? progress->completed / progress->total : 0;

    return isnan(share) || share < 0 ? 0 : share > 1 ? 1 : share;
}

static void progress_bar(const struct ald_progress *progress, char *bar, size_t size)
{
    double share = progress_share(progress);
    int full = (int)(share * PROGRESS_BAR);
    size_t at = 0;

    for (int i = 0; i < PROGRESS_BAR; i++) {
        at += (size_t)snprintf(bar + at, size - at, "%s", i < full ? "█" : "░");
    }
    snprintf(bar + at, size - at, " %3d %%  %g/%g", (int)(share * 100), progress->completed, progress->total);
}

/* Cut between two characters. */
static void progress_cut(char *line, size_t width)
{
    size_t n = 0;

    for (char *c = line; *c != '\0'; c++) {
        bool begins = ((unsigned char)*c & 0xc0) != 0x80;

        if (begins && n == width) {
            *c = '\0';
            return;
        }
        n += begins;
    }
}

const char *ald_progress_format(const struct ald_progress *progress, ald_usec elapsed, size_t width, char *room,
                                size_t size)
{
    char bar[4 * PROGRESS_BAR + 64] = "";
    char time[32];

    if (progress->measured) {
        progress_bar(progress, bar, sizeof(bar));
    }
    snprintf(room, size, "%s%s%s  %s%s%s", progress->phase[0] != '\0' ? progress->phase : "looking for a hub",
             progress->measured ? "  " : "", bar, ald_duration_format(elapsed, time),
             progress->text[0] != '\0' ? "  " : "", progress->text);
    progress_cut(room, width);
    return room;
}

/* One column stays free: a terminal that is written full to its edge may have begun the next line. */
static void progress_draw(struct ald_progress *progress)
{
    ald_usec now = ald_loop_fresh();
    size_t width = ald_term_width(progress->out, 80);
    char line[PROGRESS_LINE];

    ald_progress_format(progress, now - progress->since, width - (width > 1), line, sizeof(line));
    fprintf(progress->out, "\r%s%s%s\033[K", progress->colour ? "\033[2m" : "", line,
            progress->colour ? "\033[0m" : "");
    fflush(progress->out);
    progress->shown = true;
    progress->drawn = now;
    ald_alarm_start(progress->loop, &progress->alarm, now + PROGRESS_EVERY);
}

/* --- what happens -------------------------------------------------------------------------------------------------- */

/* On a terminal that cannot be written over: a line for each change. */
static void progress_say(const struct ald_progress *progress)
{
    fprintf(progress->out, "aldis: %s", progress->phase);
    if (progress->measured) {
        fprintf(progress->out, " %g of %g", progress->completed, progress->total);
    }
    fprintf(progress->out, "%s%s\n", progress->text[0] != '\0' ? ": " : "", progress->text);
}

static void progress_take(struct ald_progress *progress, struct ald_str phase, struct ald_str text)
{
    struct ald_str clean;

    snprintf(progress->phase, sizeof(progress->phase), "%.*s", ALD_STR_ARG(phase));
    clean = ald_cli_printable(text, progress->text, sizeof(progress->text) - 1);
    progress->text[clean.size] = '\0';
    if (progress->live) {
        ald_alarm_start(progress->loop, &progress->alarm,
                        ALD_MAX(progress->since + PROGRESS_PATIENCE, progress->drawn + PROGRESS_LEAST));
    } else if (progress->watched) {
        progress_say(progress);
    }
}

void ald_progress_phase(struct ald_progress *progress, struct ald_str phase, struct ald_str text)
{
    progress_take(progress, phase, text);
}

void ald_progress_measure(struct ald_progress *progress, struct ald_str phase, struct ald_str text, double completed,
                          double total)
{
    progress->measured = true;
    progress->completed = completed;
    progress->total = total;
    progress_take(progress, phase, text);
}
