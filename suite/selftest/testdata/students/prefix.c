/* says "You wrote: " before each answer */
#include "student.h"

static void work(int client)
{
    char line[4096];
    ssize_t n;

    while ((n = read(client, line, sizeof line)) > 0)
        if (write_all(client, "You wrote: ", 11) < 0 || write_all(client, line, n) < 0)
            return;
}

int main(int argc, char **argv)
{
    reap_children();
    return serve(listening(argv[argc - 1]), work);
}
