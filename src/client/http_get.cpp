#include "sma/client/http_get.hpp"

#include "sma/client/http_connection.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <future>
#include <utility>

namespace sma::client {
namespace {

std::string head_of(server_address const& address, std::string_view target) {
    return "GET " + address.prefix + std::string(target) + " HTTP/1.1\r\nHost: " + address.authority +
           "\r\nConnection: close\r\n\r\n";
}

std::string problem_of(exchange const& done) {
    if (done.is == exchange::kind::timed_out) return "no response in time";
    return done.message.empty() ? "the connection was lost" : done.message;
}

}  // namespace

result<get_reply> http_get(server_address const& address, std::string_view target, std::chrono::milliseconds timeout) {
    boost::asio::io_context io{1};
    file_threads no_files(1);
    http_connection connection(io.get_executor(), address, no_files);
    auto asking = connection.ask(head_of(address, target), nullptr, timeout);
    auto answer = boost::asio::co_spawn(io, std::move(asking), boost::asio::use_future);
    io.run();
    auto done = answer.get();
    if (done.is != exchange::kind::answered) return error(errc::io_error, address.shown + ": " + problem_of(done));
    return get_reply{done.reply.status, std::move(done.reply.body)};
}

}  // namespace sma::client
