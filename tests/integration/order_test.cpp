// Tests of the order of requests: no request affects a later one.
#include "bodies.hpp"
#include "checks.hpp"
#include "order_requests.hpp"
#include "scale.hpp"

#include "catch.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <utility>

using namespace sma::test;

namespace {

/// An answer as text, without what may differ each time: the request's own ID, its times and the date. `Age` comes only
/// from the cache.
std::string comparable(http_response const& answer) {
    static std::set<std::string> const different{"Date", "X-Correlation-ID", "X-Response-Time", "Server-Timing"};
    auto text = std::to_string(answer.status) + "\n";
    for (auto const& [name, value] : answer.headers)
        if (name != "Age") text += name + ": " + (different.contains(name) ? "" : value) + "\n";
    auto body = answer.body;
    auto const& id = answer.header("X-Correlation-ID");
    if (auto const at = body.find(id); at != body.npos) body.replace(at, id.size(), "its own ID");
    return text + body;
}

/// Asks each on a connection of its own. The files without tables come first: nothing can have been kept for them yet.
void learn_answers(std::vector<asked>& all, std::vector<std::string> const& arguments) {
    server_process const server(arguments);
    for (auto& one : all) {
        if (one.then == after::broken_off) continue;
        INFO(one.name);
        auto const answer = server.ask(one.bytes);
        CHECK(answer.status == one.status);
        CHECK(answer.closes() == (one.then == after::closes));
        one.answer = comparable(answer);
    }
}

enum class pace { one_by_one, pipelined };

/// Of one connection: no request but the last ends it.
void ask_on_one_connection(server_process const& server, std::vector<asked const*> const& some, pace p) {
    connection client(server.port());
    std::string together;
    for (auto const* one : some) together += one->bytes;
    if (p == pace::pipelined) client.send(together);
    std::string before = "nothing";
    for (auto const* one : some) {
        INFO(one->name << ", after " << std::exchange(before, one->name));
        if (p == pace::one_by_one) client.send(one->bytes);
        if (one->then != after::broken_off) CHECK(comparable(client.read()) == one->answer);
    }
}

void ask_all(server_process const& server, std::vector<asked> const& all, unsigned seed, pace p) {
    INFO("seed " << seed << (p == pace::pipelined ? ", pipelined" : ", one by one"));
    std::vector<asked const*> order;
    for (auto const& one : all) order.push_back(&one);
    std::shuffle(order.begin(), order.end(), std::mt19937(seed));
    auto const ends = [](asked const* one) { return one->then != after::stays; };
    for (auto begin = order.begin(); begin != order.end();) {
        auto end = std::find_if(begin, order.end(), ends);
        if (end != order.end()) ++end;
        ask_on_one_connection(server, {begin, end}, p);
        // What was not waited for may still be in work, and would share its batch with the next.
        if (ends(*std::prev(end))) require_idle(server);
        begin = end;
    }
}

/// `more`: arguments that may not change an answer.
void require_same_in_any_order(std::vector<std::string> arguments, std::vector<std::string> const& more = {}) {
    for (auto const* option : {"--resize", "--crop"})
        arguments.insert(arguments.end(), {option, std::to_string(order_side)});
    // One decoder, so that each file is decoded where the one before was.
    arguments.insert(arguments.end(), {"--decode-threads", "1"});
    auto all = requests_of_every_kind();
    learn_answers(all, arguments);
    arguments.insert(arguments.end(), more.begin(), more.end());
    server_process const server(arguments);
    auto const orders = static_cast<unsigned>(scaled(6, 2));
    for (unsigned seed = 0; seed < orders; ++seed)
        ask_all(server, all, seed, seed % 2 == 0 ? pace::one_by_one : pace::pipelined);
}

}  // namespace

TEST_CASE("a request is answered alike whatever was asked before it on its connection", "[errors]") {
    require_same_in_any_order({});
}

TEST_CASE("the cache gives no request another's answer", "[errors]") {
    // An image's digits may depend on its company in a batch, and with a cache that depends on what was asked before.
    require_same_in_any_order({"--max-batch-size", "1"}, {"--cache-size-mb", "4"});
}
