#include "caching_fixture.hpp"
#include "catch_result.hpp"

using namespace sma;
using namespace sma::serving;
using namespace sma::serving::test;

TEST_CASE("the same bytes again need no forward pass", "[cache]") {
    cached_service s;
    auto const first = s.ask({"abc"});
    REQUIRE(first);
    CHECK_FALSE(first->age);
    CHECK(first->batch_size == 1);
    CHECK(first->infer_ms == 3);
    s.clock.advance(61s);
    std::string const copy = "abc";
    auto const again = s.ask({copy});
    REQUIRE(again);
    CHECK(logits_of(again) == std::vector<float>{3, 1});
    CHECK(again->model == s.inner.model);
    CHECK(again->age == 61s);
    CHECK(again->infer_ms == 0);
    CHECK(s.inner.calls.size() == 1);
    CHECK(s.m.cache_hits_total.Value() == 1);
    CHECK(s.m.cache_misses_total.Value() == 1);
    CHECK(s.m.cache_bytes.Value() > 0);
}

TEST_CASE("requests that want features go past the cache, in both directions", "[cache]") {
    cached_service s;
    s.ask({"abc"});
    s.ask({"abc"}, {}, {true, 2});
    REQUIRE(s.inner.calls.size() == 2);
    CHECK_FALSE(s.inner.wishes[0].any());
    CHECK(s.inner.wishes[1].embedding);
    CHECK(s.inner.wishes[1].activation_maps == 2);
    s.ask({"xy"}, {}, {true, 0});
    CHECK_FALSE(s.ask({"xy"})->age);
    CHECK(s.inner.calls.size() == 4);
}

TEST_CASE("of several images only the new ones are classified, each once", "[cache]") {
    cached_service s;
    s.ask({"a", "bb"});
    auto const mixed = s.ask({"bb", "ccc", "a", "ccc", "dddd"});
    REQUIRE(mixed);
    CHECK_FALSE(mixed->age);
    REQUIRE(s.inner.calls.size() == 2);
    CHECK(s.inner.calls[1] == images{"ccc", "dddd"});
    std::vector<float> lengths;
    for (auto const& l : mixed->logits) lengths.push_back(l->front());
    CHECK(lengths == std::vector<float>{2, 3, 1, 3, 4});
}

TEST_CASE("equal images in flight share one forward pass", "[cache]") {
    cached_service s;
    s.inner.open = false;
    auto& a = s.start({"abc"});
    s.run_until([&] { return s.inner.calls.size() == 1; });
    auto& b = s.start({"abc"});
    auto& c = s.start({"xy", "abc"});
    s.run_until([&] { return s.inner.calls.size() == 2; });
    s.settle();
    CHECK(s.inner.calls == std::vector<images>{{"abc"}, {"xy"}});
    CHECK_FALSE(a.has_value());
    CHECK_FALSE(b.has_value());
    s.inner.open = true;
    s.inner.release();
    s.run_until([&] { return a && b && c; });
    CHECK(logits_of(*a) == std::vector<float>{3, 1});
    CHECK(logits_of(*b) == logits_of(*a));
    CHECK(logits_of(*c, 1) == logits_of(*a));
    CHECK(logits_of(*c, 0) == std::vector<float>{2, 1});
    CHECK(s.m.cache_shared_total.Value() == 2);
    CHECK(s.inner.calls.size() == 2);
}

TEST_CASE("two requests that wait for each other's images both end", "[cache]") {
    cached_service s;
    s.inner.open = false;
    auto& a = s.start({"one", "two!"});
    s.run_until([&] { return s.inner.calls.size() == 1; });
    auto& b = s.start({"three", "one"});
    s.run_until([&] { return s.inner.calls.size() == 2; });
    auto& c = s.start({"two!", "three", "one"});
    s.settle();
    s.inner.open = true;
    s.inner.release();
    s.run_until([&] { return a && b && c; });
    CHECK(s.inner.calls.size() == 2);
    CHECK(logits_of(*c, 1) == std::vector<float>{5, 1});
}

TEST_CASE("if a leader's client leaves, a follower becomes the leader", "[cache]") {
    cached_service s;
    s.inner.open = false;
    std::stop_source left;
    request_context leaving;
    leaving.cancelled = left.get_token();
    auto& leader = s.start({"abc"}, leaving);
    s.run_until([&] { return s.inner.calls.size() == 1; });
    auto& b = s.start({"abc"});
    auto& c = s.start({"abc"});
    s.settle();
    left.request_stop();
    s.run_until([&] { return s.inner.calls.size() == 2; });
    s.settle();
    CHECK(leader->error().code == errc::client_closed_request);
    CHECK(s.inner.calls.size() == 2);
    s.inner.open = true;
    s.inner.release();
    s.run_until([&] { return b && c; });
    CHECK(logits_of(*b) == std::vector<float>{3, 1});
    CHECK(logits_of(*c) == std::vector<float>{3, 1});
    CHECK(s.inner.calls.size() == 2);
}

TEST_CASE("one that waits may leave, or run out of time, alone", "[cache]") {
    cached_service s;
    s.inner.open = false;
    auto& leader = s.start({"abc"});
    s.run_until([&] { return s.inner.calls.size() == 1; });
    std::stop_source left;
    request_context leaving;
    leaving.cancelled = left.get_token();
    auto& b = s.start({"abc"}, leaving);
    auto& c = s.start({"abc"}, with_deadline(std::chrono::steady_clock::now() + 30ms));
    s.settle();
    left.request_stop();
    s.run_until([&] { return b && c; });
    CHECK(b->error().code == errc::client_closed_request);
    CHECK(c->error().code == errc::deadline_exceeded);
    CHECK_FALSE(leader.has_value());
    s.inner.open = true;
    s.inner.release();
    s.run_until([&] { return leader.has_value(); });
    CHECK(logits_of(*leader) == std::vector<float>{3, 1});
}

TEST_CASE("errors are not kept; those of the image go to all who share the flight", "[cache]") {
    cached_service s;
    s.inner.errors.emplace("bad", error(errc::preprocessing_failed, "broken"));
    s.inner.errors.emplace("oom", error(errc::out_of_memory, "too much"));
    auto const several = s.ask({"bad", "good", "bad"});
    REQUIRE(several);
    CHECK(several->logits[0].error().code == errc::preprocessing_failed);
    CHECK(several->logits[1].has_value());
    CHECK(several->logits[2].error().code == errc::preprocessing_failed);
    CHECK(s.inner.calls.size() == 1);
    CHECK(s.ask({"bad"})->logits[0].error().code == errc::preprocessing_failed);
    CHECK(s.inner.calls.size() == 2);
    // What failed for the server's sake is tried again.
    CHECK(s.ask({"oom"})->logits[0].error().code == errc::out_of_memory);
    s.inner.errors.clear();
    CHECK(s.ask({"oom"})->logits[0].has_value());
    s.inner.failure = error(errc::queue_full, "full");
    CHECK(s.ask({"new"}).error().code == errc::queue_full);
    CHECK(s.ask({"good"}));
    s.inner.failure.reset();
    CHECK(s.ask({"new"}));
}

TEST_CASE("another model empties the cache, even with the same weights", "[cache]") {
    cached_service s;
    s.ask({"abc"});
    s.inner.model = new_model();
    s.inner.version = 2;
    auto const again = s.ask({"abc"});
    CHECK(logits_of(again) == std::vector<float>{3, 2});
    CHECK_FALSE(again->age);
    CHECK(s.ask({"abc"})->age == 0s);
    s.cache.clear();
    CHECK(s.m.cache_bytes.Value() == 0);
    CHECK_FALSE(s.ask({"abc"})->age);
}

TEST_CASE("a reload in the middle of a request never mixes two models", "[cache]") {
    cached_service s;
    s.ask({"old"});
    s.inner.open = false;
    auto& a = s.start({"old", "new!"});
    s.run_until([&] { return s.inner.calls.size() == 2; });
    s.inner.model = new_model("other sum");
    s.inner.version = 2;
    s.inner.open = true;
    s.inner.release();
    s.run_until([&] { return a.has_value(); });
    REQUIRE(a->has_value());
    CHECK((*a)->model == s.inner.model);
    CHECK(logits_of(*a, 0) == std::vector<float>{3, 2});
    CHECK(logits_of(*a, 1) == std::vector<float>{4, 2});
}

TEST_CASE("more images than may wait to be hashed go past the cache", "[cache]") {
    cached_service s;
    std::vector<std::string> texts;
    for (int i = 0; i < 17; ++i) texts.push_back(std::string(static_cast<std::size_t>(i + 1), 'x'));
    images const many(texts.begin(), texts.end());
    REQUIRE(s.ask(many));
    REQUIRE(s.ask(many));
    CHECK(s.inner.calls == std::vector<images>{many, many});
}

TEST_CASE("a context may go while requests are in flight", "[cache]") {
    cached_service s;
    s.inner.open = false;
    s.start({"abc"});
    s.run_until([&] { return s.inner.calls.size() == 1; });
    s.start({"abc"});
    s.settle();
    CHECK(s.inner.calls.size() == 1);
}
