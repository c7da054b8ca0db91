// Tests of `batch` on a pseudo-terminal.
#include "batch_run.hpp"

#include "server_process.hpp"

#include "catch.hpp"

#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

using namespace sma::test;

namespace {

// What the batch command writes to a terminal of 80 columns.
std::string on_terminal(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {server_program().string(), "batch"});
    std::vector<char*> argv;
    for (auto& a : arguments) argv.push_back(a.data());
    argv.push_back(nullptr);
    winsize size{};
    size.ws_col = 80;
    size.ws_row = 24;
    int terminal = -1;
    pid_t const child = ::forkpty(&terminal, nullptr, nullptr, &size);
    REQUIRE(child >= 0);
    if (child == 0) {
        ::execv(argv[0], argv.data());
        ::_exit(127);
    }
    std::string written;
    std::array<char, 4096> bytes;
    for (ssize_t got = 0; (got = ::read(terminal, bytes.data(), bytes.size())) > 0;)
        written.append(bytes.data(), static_cast<std::size_t>(got));
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(terminal);
    CHECK(WEXITSTATUS(status) == 0);
    return written;
}

/// False, said as a warning, in a root without /dev/pts.
bool has_terminals() {
    int const terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
    bool const has = terminal >= 0 && ::grantpt(terminal) == 0;
    if (terminal >= 0) ::close(terminal);
    if (!has) WARN("skipped: this system has no pseudo-terminals (is /dev/pts mounted?)");
    return has;
}

}  // namespace

TEST_CASE("A terminal shows a bar that ends full, in lines that fit") {
    if (!has_terminals()) return;
    temporary_folder const folder;
    auto const images = folder_of_images(folder.path(), 60);
    auto const written = on_terminal(narrow({images.string(), "--out", (folder / "out.jsonl").string()}));
    CHECK(written.find("\r[") != std::string::npos);
    CHECK(written.find("] 100 %  60/60") != std::string::npos);
    CHECK(written.find("0 errors") != std::string::npos);
    CHECK(written.find("60 files in ") != std::string::npos);
    for (std::size_t at = 0; (at = written.find("\r[", at)) != std::string::npos; ++at) {
        auto const end = written.find("\033[K", at);
        REQUIRE(end != std::string::npos);
        CHECK(end - at <= 80);
    }
}

TEST_CASE("A terminal shows a table for one image and a line for each of several") {
    if (!has_terminals()) return;
    auto const star = sample("star-1.jpg").string();
    auto const one = on_terminal(narrow({star, "--top-k", "2"}));
    CHECK(one.find("star-1.jpg  (") != std::string::npos);
    CHECK(one.find("   1   9") != std::string::npos);
    CHECK(one.find("{\"path\"") == std::string::npos);
    auto const two = on_terminal(narrow({star, sample("ring-1.jpg").string()}));
    CHECK(two.find("star-1.jpg: star") != std::string::npos);
    CHECK(two.find("ring-1.jpg: ring") != std::string::npos);
}
