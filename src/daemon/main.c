#include "daemon/program.h"

int main(int argc, char **argv)
{
    return ald_program_run(argc, argv);
}
