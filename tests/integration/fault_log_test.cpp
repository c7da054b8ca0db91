// Fault tests of a log that cannot be written: a full disk, a file that may not grow, a reader that has stopped or
// gone. The service goes on, lost lines are counted, and the process ends when it is told to.
#include "bodies.hpp"
#include "checks.hpp"
#include "eventually.hpp"
#include "left_behind.hpp"
#include "scale.hpp"
#include "unix_server.hpp"

#include <boost/json/parse.hpp>
#include "catch.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <sstream>

using namespace sma::test;

namespace {

/// A named pipe that holds a page, and the end of it that a log's reader has.
class log_pipe {
public:
    explicit log_pipe(std::filesystem::path path) : path_(std::move(path)) {
        REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
        reader_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        REQUIRE(reader_ >= 0);
        REQUIRE(::fcntl(reader_, F_SETPIPE_SZ, 4096) > 0);
    }
    ~log_pipe() { leave(); }
    log_pipe(log_pipe const&) = delete;
    log_pipe& operator=(log_pipe const&) = delete;

    std::filesystem::path const& path() const { return path_; }
    /// What is there now.
    std::string read() const {
        std::string text(64 * 1024, '\0');
        auto const count = ::read(reader_, text.data(), text.size());
        text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
        return text;
    }
    void leave() {
        if (reader_ >= 0) ::close(std::exchange(reader_, -1));
    }

private:
    std::filesystem::path path_;
    int reader_ = -1;
};

double lost(unix_server const& server) { return server.metrics().value("log_lines_dropped_total"); }

/// More lines than any buffer of the test holds; each answer is right and comes at once.
void ask_often(unix_server const& server) {
    connection client(server.path());
    for (int i = 0; i < 1'000; ++i) REQUIRE(client.ask(make_request("GET", "/health")).status == 200);
    require_prediction(client.ask(post_image("/predict", make_bmp(1, 1))), 5);
}

void require_good_end(unix_server& server) {
    server.signal(SIGTERM);
    CHECK(server.wait_for_exit(patience) == 0);
}

/// Every whole line but the first is JSON.
std::size_t count_lines(std::string const& text, std::string_view part) {
    std::istringstream lines(text);
    std::size_t n = 0;
    for (std::string line; std::getline(lines, line) && !lines.eof();) {
        if (line.starts_with("listening on ")) continue;
        boost::system::error_code failure;
        boost::json::parse(line, failure);
        INFO(line);
        CHECK_FALSE(failure);
        if (line.find(part) != std::string::npos) ++n;
    }
    return n;
}

void limit_file_size(pid_t id, rlim_t bytes) {
    rlimit limit{};
    REQUIRE(::prlimit(id, RLIMIT_FSIZE, nullptr, &limit) == 0);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    REQUIRE(::prlimit(id, RLIMIT_FSIZE, &limit, nullptr) == 0);
}

}  // namespace

TEST_CASE("a log on a full disk: lines are lost and counted, the service goes on", "[faults]") {
    unix_server server("/dev/full");
    ask_often(server);
    CHECK(eventually([&] { return lost(server) >= 900; }, patience));
    CHECK(server.get("/health").status == 200);
    require_good_end(server);
}

TEST_CASE("a log that may grow again goes on with a new line", "[faults]") {
    temporary_folder const folder;
    auto const file = folder / "log";
    unix_server server(file);
    REQUIRE(eventually([&] { return count_lines(read_file(file), "\"request\"") > 0; }, patience));
    // Ends within the next line.
    limit_file_size(server.id(), read_file(file).size() + 50);
    ask_often(server);
    CHECK(eventually([&] { return lost(server) > 0; }, patience));
    limit_file_size(server.id(), RLIM_INFINITY);
    auto const response = server.get("/health");
    auto const is_there = [&] {
        return read_file(file).find(response.header("X-Correlation-ID")) != std::string::npos;
    };
    CHECK(eventually(is_there, patience));
    require_good_end(server);
    auto const text = read_file(file);
    auto const line_begin = text.rfind('\n', text.find(response.header("X-Correlation-ID")));
    CHECK(count_lines(text.substr(line_begin + 1), "\"stopped\"") == 1);
}

TEST_CASE("a log whose reader has stopped reading: nobody waits for it, and what it can take later is whole lines",
          "[faults]") {
    temporary_folder const folder;
    log_pipe pipe(folder / "log");
    unix_server server(pipe.path(), {"--log-buffer-lines", "64"});
    ask_often(server);
    CHECK(eventually([&] { return lost(server) >= 400; }, patience));
    std::string text;
    auto const id = server.get("/health").header("X-Correlation-ID");
    CHECK(eventually(
        [&] {
            text += pipe.read();
            return text.find(id) != std::string::npos;
        },
        patience));
    CHECK(count_lines(text, "\"request\"") >= 64);
    ask_often(server);
    // Stuck again, and so it stays: the end does not wait for it.
    require_good_end(server);
}

TEST_CASE("a server starts, and ends, with a pipe that is full from the beginning", "[faults]") {
    temporary_folder const folder;
    log_pipe pipe(folder / "log");
    int const writer = ::open(pipe.path().c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    std::string const page(4096, 'x');
    REQUIRE(::write(writer, page.data(), page.size()) == static_cast<ssize_t>(page.size()));
    ::close(writer);
    unix_server server(pipe.path());
    ask_often(server);
    require_good_end(server);
}

TEST_CASE("a log whose reader has gone: lines are lost and counted, the service goes on", "[faults]") {
    temporary_folder const folder;
    log_pipe pipe(folder / "log");
    unix_server server(pipe.path());
    pipe.leave();
    ask_often(server);
    CHECK(eventually([&] { return lost(server) >= 900; }, patience));
    require_good_end(server);
}
