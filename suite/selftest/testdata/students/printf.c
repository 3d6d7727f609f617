/* answers with printf on the connection, and never flushes */
#include "student.h"

static void work(int client)
{
    char line[1024];
    ssize_t n;

    dup2(client, 1);
    while ((n = read(client, line, sizeof line)) > 0)
        printf("%.*s", (int)n, line);
}

int main(int argc, char **argv)
{
    reap_children();
    return serve(listening(argv[argc - 1]), work);
}
