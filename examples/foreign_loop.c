/*
 * A caller without a thread: the program's own loop, here poll(), watches standard input and the client. Each line is a command for
 * the target "lamp": its name, and after a blank its payload. Ends when the input has ended and all outcomes are told.
 *
 *     cc foreign_loop.c $(pkg-config --cflags --libs aldis) -o foreign_loop
 *     echo blink | ./foreign_loop [URL...]
 */

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <aldis/caller.h>
#include <aldis/version.h>

static int n_waiting;

/* Comes inside aldis_client_turn(). */
static void report(struct aldis_call *call, const struct aldis_report *report, void *data)
{
    (void)call;
    (void)data;
    if (report->outcome != ALDIS_PENDING) {
        printf("%s %s\n", aldis_outcome_name(report->outcome),
               report->payload != NULL ? report->payload : report->text);
        n_waiting--;
    }
}

static void command(struct aldis_client *client, char *line)
{
    struct aldis_command command = {ALDIS_COMMAND, .target = "lamp", .deadline_ms = 5000};
    int r;

    command.name = strsep(&line, " \n");
    command.payload = line != NULL && line[0] > '\n' ? line : NULL;
    r = aldis_client_submit(client, &command, report, NULL, NULL);
    if (r < 0) {
        printf("not sent: %s\n", aldis_error_text(r));
    } else {
        n_waiting++;
    }
}

int main(int argc, char **argv)
{
    struct aldis_client_options options = {ALDIS_CLIENT_OPTIONS, .driven = true};
    struct aldis_client *client = NULL;
    char line[1000];
    int r;

    options.urls = argc > 1 ? (const char *const *)argv + 1 : NULL;
    r = aldis_client_new(&options, NULL, 0, &client);
    r = r < 0 ? r : aldis_client_start(client);
    if (r == 0) {
        struct pollfd polls[] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                 {.fd = aldis_client_fd(client), .events = POLLIN}};

        setvbuf(stdin, NULL, _IONBF, 0); /* so that poll() knows of every line that is left */
        while (polls[0].fd >= 0 || n_waiting > 0) {
            if (poll(polls, 2, aldis_client_timeout(client)) > 0 && polls[0].revents != 0) {
                if (fgets(line, sizeof(line), stdin) != NULL) {
                    command(client, line);
                } else {
                    polls[0].fd = -1; /* poll() leaves it out */
                }
            }
            r = aldis_client_turn(client); /* does nothing when nothing is due */
        }
    } else {
        fprintf(stderr, "foreign_loop: %s\n", aldis_error_text(r));
    }
    aldis_client_free(client);
    return r < 0;
}
