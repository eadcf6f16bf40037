#include "cpu.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Fields 14 and 15 of proc(5)'s stat, counted behind the name, which may hold anything but is in parentheses. */
static void stat_read(pid_t pid, struct bench_cpu *cpu)
{
    char path[64], text[1024];
    unsigned long long user = 0, system = 0;
    const char *at;
    FILE *file;
    size_t n;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    file = fopen(path, "re");
    if (file == NULL) {
        return;
    }
    n = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[n] = '\0';
    at = strrchr(text, ')');
    if (at != NULL && sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu", &user, &system) == 2) {
        ald_usec tick = ALD_SEC / (ald_usec)sysconf(_SC_CLK_TCK);

        cpu->user = user * tick;
        cpu->system = system * tick;
    }
}

static ald_usec task_read(const char *path)
{
    unsigned long long nsec = 0;
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%llu", &nsec) != 1) {
        nsec = 0;
    }
    fclose(file);
    return nsec;
}

struct bench_cpu bench_cpu_read(pid_t pid)
{
    struct bench_cpu cpu = {0, 0, 0};
    const struct dirent *entry;
    char path[320];
    DIR *tasks;

    stat_read(pid, &cpu);
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    tasks = opendir(path);
    while (tasks != NULL && (entry = readdir(tasks)) != NULL) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)pid, entry->d_name);
            cpu.both += task_read(path);
        }
    }
    if (tasks != NULL) {
        closedir(tasks);
    }
    cpu.both /= 1000;
    return cpu;
}
