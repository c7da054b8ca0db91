#include "inference_protocol/rpc_stream.hpp"

#include "catch.hpp"

using namespace sma::api::inference_protocol;

namespace {

rpc_answer answer() { return rpc_answer(rpc_own_answer()); }

}  // namespace

TEST_CASE("answers of a stream come as they are done, in order where the IDs are equal", "[rpc]") {
    boost::asio::io_context io;
    rpc_stream stream(io);
    auto const first = stream.add("a");
    auto const second = stream.add("a");
    auto const third = stream.add("b");
    CHECK(stream.next() == stream.end());
    stream.set_answer(second, answer());
    CHECK(stream.next() == stream.end());
    stream.set_answer(third, answer());
    CHECK(stream.next() == third);
    stream.set_answer(first, answer());
    CHECK(stream.next() == first);
    stream.remove(first);
    CHECK(stream.next() == second);
    stream.remove(second);
    stream.remove(third);
    CHECK(stream.size() == 0);
}

TEST_CASE("requests without an ID keep their order", "[rpc]") {
    boost::asio::io_context io;
    rpc_stream stream(io);
    auto const first = stream.add("");
    auto const second = stream.add("");
    stream.set_answer(second, answer());
    CHECK(stream.next() == stream.end());
    stream.set_answer(first, answer());
    CHECK(stream.next() == first);
}

TEST_CASE("a stream is over when everything is answered and nothing will come", "[rpc]") {
    boost::asio::io_context io;
    rpc_stream stream(io);
    CHECK_FALSE(stream.is_over(false));
    CHECK(stream.is_over(true));
    auto const place = stream.add("a");
    CHECK_FALSE(stream.is_over(true));
    stream.read_all = true;
    CHECK_FALSE(stream.is_over(false));
    stream.remove(place);
    CHECK(stream.is_over(false));
}
