/* greets its clients */
#include "student.h"

static void work(int client)
{
    const char *hello = "Hello, this is my server.\n";

    write_all(client, hello, (ssize_t)strlen(hello));
    echo(client);
}

int main(int argc, char **argv)
{
    reap_children();
    return serve(listening(argv[argc - 1]), work);
}
