// Tests of Landlock's part in the wall, without the filter of system calls that stands before it.
#include "landlock.hpp"

#include "catch.hpp"
#include "files.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

using namespace sma::decode_worker;

namespace {

/// Version of the kernel's interface; 0: it has none, or it is switched off.
int landlock_version() {
    constexpr long create_ruleset = 444;  // as on every architecture
    constexpr unsigned tell_version = 1;
    auto const version = ::syscall(create_ruleset, nullptr, 0, tell_version);
    return version < 0 ? 0 : static_cast<int>(version);
}

/// What `attempt` returns in a process that has given up files: 0 or an error number.
int without_files(std::function<int()> const& attempt) {
    ::pid_t const child = ::fork();
    if (child == 0) {
        ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        forbid_files();
        ::_exit(attempt());
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    return WEXITSTATUS(status);
}

int opened(char const* path, int flags) { return ::open(path, flags | O_CLOEXEC, 0600) < 0 ? errno : 0; }

/// Port 9 of loopback, where nobody listens.
int connected() {
    int const s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(9);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(s, reinterpret_cast<sockaddr const*>(&to), sizeof to) < 0 ? errno : 0;
}

}  // namespace

TEST_CASE("behind Landlock no file is read, written, made or run, and no folder is listed") {
    if (landlock_version() < 1) {
        WARN("skipped: this kernel has no Landlock");
        return;
    }
    REQUIRE(opened("/etc/passwd", O_RDONLY) == 0);
    CHECK(without_files([] { return opened("/etc/passwd", O_RDONLY); }) == EACCES);
    CHECK(without_files([] { return opened("/dev/null", O_WRONLY); }) == EACCES);
    CHECK(without_files([] { return opened("/", O_RDONLY | O_DIRECTORY); }) == EACCES);
    sma::test::temporary_folder const folder;
    auto const made = folder / "made";
    CHECK(without_files([&] { return opened(made.c_str(), O_WRONLY | O_CREAT | O_EXCL); }) == EACCES);
    CHECK(without_files([] { return ::execl("/bin/true", "true", nullptr) < 0 ? errno : 0; }) == EACCES);
}

TEST_CASE("behind Landlock nothing is connected over TCP") {
    if (landlock_version() < 4) {
        WARN("skipped: this kernel's Landlock does not know of TCP");
        return;
    }
    REQUIRE(connected() == ECONNREFUSED);
    CHECK(without_files(connected) == EACCES);
}
