/* has its port in its source */
#include "student.h"

int main(void)
{
    reap_children();
    return serve(listening("9123"), echo);
}
