/* forgets htons */
#include "student.h"

int main(int argc, char **argv)
{
    int fd = bound(atoi(argv[argc - 1]));

    listen(fd, 10);
    reap_children();
    return serve(fd, echo);
}
