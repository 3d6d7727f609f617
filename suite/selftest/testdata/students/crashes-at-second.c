/* writes to a null pointer when the second client comes */
#include "student.h"

static char *names[1] = {"first"};

int main(int argc, char **argv)
{
    int fd = listening(argv[argc - 1]), count = 0;

    reap_children();
    for (;;) {
        int client = accept(fd, NULL, NULL);
        char **name = count == 0 ? &names[0] : NULL;

        if (client < 0)
            continue;
        *(char *volatile *)name = "client";
        count++;
        if (fork() == 0) {
            close(fd);
            echo(client);
            exit(0);
        }
        close(client);
    }
}
