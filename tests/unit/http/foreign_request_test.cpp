#include "sma/http/foreign_request.hpp"
#include "sma/core/metrics.hpp"

#include "catch_result.hpp"

#include <boost/asio/io_context.hpp>

using namespace sma;
using namespace sma::http;

namespace {

// printf %s alpha | sha256sum
constexpr auto anna = "anna 8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8\n";

struct fixture {
    explicit fixture(limits l = {}) : all(io.get_executor(), routes, l, counters) {}

    foreign_request::head head(std::vector<std::pair<std::string, std::string>> headers = {}) const {
        return {"/service/Procedure", "/service/Procedure", "192.0.2.1", std::move(headers), {}, {}};
    }

    metrics counters;
    boost::asio::io_context io;
    router const routes{{}};
    server all;
};

}  // namespace

TEST_CASE("a foreign request is in flight until it ends", "[foreign_request]") {
    fixture f;
    {
        foreign_request r(f.all, f.head());
        CHECK(f.all.requests_in_flight() == 1);
        REQUIRE(r.hold(1000));
        CHECK(f.all.body_bytes_in_flight() == 1000);
        r.finish(200, {}, 1000, 10);
        CHECK(f.all.requests_in_flight() == 0);
        CHECK(f.all.body_bytes_in_flight() == 0);
    }
    CHECK(f.counters.expose().find(R"(endpoint="/service/Procedure")") != std::string::npos);
    { foreign_request const dropped(f.all, f.head()); }
    CHECK(f.all.requests_in_flight() == 0);
}

TEST_CASE("bodies of foreign requests count together with the others'", "[foreign_request]") {
    limits l;
    l.max_inflight_body_bytes = 100;
    fixture f(l);
    foreign_request first(f.all, f.head());
    foreign_request second(f.all, f.head());
    CHECK(first.hold(60));
    auto const refused = second.hold(60);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::queue_full);
}

TEST_CASE("a foreign request needs the server's keys and has its rates", "[foreign_request]") {
    limits l;
    l.client_rate = {0.001, 1};
    fixture f(l);
    f.all.use_keys(std::make_shared<api_keys const>(api_keys::parse(anna).value()));
    foreign_request without(f.all, f.head());
    CHECK(without.admit().error().code == errc::unauthorized);
    foreign_request with(f.all, f.head({{"authorization", "Bearer alpha"}}));
    CHECK(with.admit());
    CHECK(with.req().key_name == "anna");
    response answer;
    with.add_quota(answer);
    CHECK(answer.headers.size() == 3);
    foreign_request more(f.all, f.head({{"x-api-key", "alpha"}}));
    CHECK(more.admit().error().code == errc::rate_limited);
}

TEST_CASE("a foreign request keeps an earlier deadline and the ID of what it belongs to", "[foreign_request]") {
    fixture f;
    auto head = f.head();
    auto const soon = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    head.deadline = soon;
    head.correlation_id = "stream-1";
    foreign_request r(f.all, std::move(head));
    CHECK(r.req().context.deadline == soon);
    CHECK(r.req().context.correlation_id == "stream-1");
    auto source = r.client_left();
    source.request_stop();
    CHECK(r.req().context.is_cancelled());

    auto late = f.head();
    late.deadline = std::chrono::steady_clock::now() + std::chrono::hours(5);
    foreign_request limited(f.all, std::move(late));
    CHECK(limited.req().context.deadline < std::chrono::steady_clock::now() + std::chrono::hours(1));
}
