// Clock shim, preloaded into a program: once the file that CLOCK_SHIM_TRIGGER names exists, every clock that an
// administrator can set is off by the number of seconds in the file. Monotonic clocks do not change.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>

namespace {

long offset_s() {
    static char const* const path = std::getenv("CLOCK_SHIM_TRIGGER");
    int const file = path == nullptr ? -1 : ::open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    char text[24] = {};
    auto const count = ::read(file, text, sizeof text - 1);
    ::close(file);
    return count > 0 ? std::strtol(text, nullptr, 10) : 0;
}

bool can_be_set(clockid_t clock) {
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* now) noexcept {
    auto const status = static_cast<int>(::syscall(SYS_clock_gettime, clock, now));
    if (status == 0 && can_be_set(clock)) now->tv_sec += offset_s();
    return status;
}

int gettimeofday(timeval* now, void*) noexcept {
    timespec exact{};
    auto const status = clock_gettime(CLOCK_REALTIME, &exact);
    *now = {exact.tv_sec, exact.tv_nsec / 1'000};
    return status;
}

time_t time(time_t* now) noexcept {
    timespec exact{};
    clock_gettime(CLOCK_REALTIME, &exact);
    if (now != nullptr) *now = exact.tv_sec;
    return exact.tv_sec;
}
}
