#include "service_manager.hpp"

#include "catch.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cstdlib>

#include "notify_socket.hpp"
#include "serving_fakes.hpp"

using namespace sma;
using namespace sma::serving::test;
using namespace std::chrono_literals;
using app::notification;
using app::service_reporter;
using serving::state;
using sma::test::notify_socket;

namespace {

app::service_environment environment_of(notify_socket const& manager, std::chrono::microseconds watchdog = 0us) {
    app::service_environment e;
    e.notify_socket = manager.path();
    e.watchdog = watchdog;
    return e;
}

std::vector<std::string> const signs_of_life{"WATCHDOG=1"};

}  // namespace

TEST_CASE("each state has its notification", "[service_manager]") {
    auto const of = [](state now, char const* problem = "") { return notification(now, problem, 1'234us, 45s); };
    CHECK(of(state::loading) == "STATUS=Loading the model");
    CHECK(of(state::warming_up) == "STATUS=Warming up");
    CHECK(of(state::ready) == "READY=1\nSTATUS=Serving");
    CHECK(of(state::reloading) == "RELOADING=1\nMONOTONIC_USEC=1234\nSTATUS=Serving; reloading the model");
    CHECK(of(state::ready, "no such file") == "READY=1\nSTATUS=Serving; the last reload failed: no such file");
    CHECK(of(state::failed, "no such file") == "STATUS=The model could not be loaded: no such file");
    CHECK(of(state::draining) == "STOPPING=1\nEXTEND_TIMEOUT_USEC=45000000\nSTATUS=Draining");
}

TEST_CASE("without a manager, or with one that is gone, nothing is sent and nothing fails", "[service_manager]") {
    service_reporter nobody({}, 1s);
    CHECK_FALSE(nobody.has_manager());
    nobody.state_changed(state::ready, "");
    app::service_environment gone;
    gone.notify_socket = "/nonexistent/notify";
    CHECK_FALSE(service_reporter(gone, 1s).has_manager());
    gone.notify_socket = "relative";
    CHECK_FALSE(service_reporter(gone, 1s).has_manager());
    gone.notify_socket = "/" + std::string(200, 'x');
    CHECK_FALSE(service_reporter(gone, 1s).has_manager());
}

TEST_CASE("the watchdog is fed only while the inference thread makes progress", "[service_manager]") {
    notify_socket manager;
    service_reporter reporter(environment_of(manager, 2s), 1s);
    manual_clock clock;
    gate stuck;
    only_model_metrics counters;
    serving::dispatcher_options options;
    options.watchdog = 10s;
    options.now = clock.reader();
    serving::dispatcher d(options, counters);
    auto const model = model_of(std::make_unique<fake_engine>([&](auto const&) { stuck.pass(); }));

    reporter.tick(d.makes_progress());
    CHECK(manager.waiting() == signs_of_life);
    auto answer = infer(d, model, {1});
    stuck.wait_for_visitor();
    clock.advance(9s);
    reporter.tick(d.makes_progress());
    CHECK(manager.waiting() == signs_of_life);
    clock.advance(2s);
    reporter.tick(d.makes_progress());
    CHECK(manager.waiting().empty());
    stuck.open();
    answer.get();
    reporter.tick(d.makes_progress());
    CHECK(manager.waiting() == signs_of_life);
}

TEST_CASE("ticks come at least twice in the watchdog's time, and nobody asks for none", "[service_manager]") {
    notify_socket manager;
    CHECK(service_reporter(environment_of(manager, 300ms), 1s).tick_interval() == 150ms);
    CHECK(service_reporter(environment_of(manager, 1h), 1s).tick_interval() == 1s);
    service_reporter unwatched(environment_of(manager), 1s);
    CHECK(unwatched.tick_interval() == 1s);
    unwatched.tick(true);
    CHECK(manager.waiting().empty());
}

TEST_CASE("a manager that does not read blocks nobody and gets the last change later", "[service_manager]") {
    notify_socket manager;
    service_reporter reporter(environment_of(manager), 1s);
    for (int i = 0; i < 2'000; ++i) reporter.state_changed(state::reloading, "");
    reporter.state_changed(state::ready, "");
    for (auto const& message : manager.waiting()) CHECK(message.starts_with("RELOADING=1\n"));
    reporter.tick(true);
    CHECK(manager.waiting() == std::vector<std::string>{"READY=1\nSTATUS=Serving"});
    reporter.tick(true);
    CHECK(manager.waiting().empty());
}

TEST_CASE("what the manager says is taken out of the environment", "[service_manager]") {
    ::setenv("NOTIFY_SOCKET", "@name", 1);
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
    auto const e = app::take_service_environment();
    CHECK(e.notify_socket == "@name");
    CHECK(e.watchdog == 30s);
    CHECK(e.sockets.empty());
    for (auto const* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_PID", "LISTEN_FDS"})
        CHECK(std::getenv(name) == nullptr);
}

TEST_CASE("what is meant for another process, or is nonsense, is not taken", "[service_manager]") {
    ::setenv("WATCHDOG_USEC", "30000000", 1);
    ::setenv("WATCHDOG_PID", "1", 1);
    ::setenv("LISTEN_FDS", "1", 1);
    ::setenv("LISTEN_PID", "1", 1);
    auto e = app::take_service_environment();
    CHECK(e.watchdog == 0s);
    CHECK(e.sockets.empty());
    for (auto const* nonsense : {"", "-5", "0", "many", "99999999999999999999"}) {
        ::setenv("WATCHDOG_USEC", nonsense, 1);
        ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
        ::setenv("LISTEN_FDS", nonsense, 1);
        e = app::take_service_environment();
        CHECK(e.watchdog == 0s);
        CHECK(e.sockets.empty());
    }
}
