#include "predict_command.hpp"

#include "api_key_line.hpp"
#include "complaint.hpp"
#include "sma/batch/record_format.hpp"
#include "sma/core/file_threads.hpp"

#include <CLI/CLI.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <cstdio>

namespace sma::app {
namespace {

constexpr int unanswered = 1;
constexpr int wrong_usage = 2;
constexpr unsigned retries = 2;  // somebody waits
constexpr char const* default_url = "http://127.0.0.1:8000";

void print(batch::record const& r, int top_k) {
    std::string text;
    batch::append_record(text, r, batch::output_format::table, top_k);
    std::fputs(text.c_str(), stdout);
}

boost::asio::awaitable<void> ask(batch::backend& server, std::vector<std::string> const& files, int top_k,
                                 int& status) {
    for (auto const& file : files) {
        auto const answer = co_await server.classify(file);
        if (answer.is != batch::outcome::kind::answered) {
            status = complain(answer.reason, unanswered);
            co_return;
        }
        if (answer.what.failed) status = unanswered;
        print(answer.what, top_k);
    }
}

}  // namespace

predict_command::predict_command(CLI::App& command) : tls_(command, "of an https --url") {
    command.add_option("FILE", files_, "Images")->required();
    auto* const url = command.add_option("--url", url_, "URL of the server, http://host:port or https://host:port")
                          ->default_str(default_url);
    command.add_option("--unix-socket", unix_socket_, "Unix socket of the server, instead of --url")->excludes(url);
    command.add_option("--top-k", top_k_, "Predictions per image")->check(CLI::Range(1, 10))->capture_default_str();
    command.add_option("--api-key-file", api_key_file_, "File whose first line is the API key");
}

result<batch::http_options> predict_command::options() const {
    bool const anywhere = url_.empty() && unix_socket_.empty();
    auto address = client::parse_server_address(anywhere ? default_url : url_, unix_socket_);
    if (!address) return address.error();
    if (auto secured = tls_.apply(*address); !secured) return secured.error();
    batch::http_options o;
    o.address = std::move(*address);
    o.concurrency = 1;
    o.retries = retries;
    o.top_k = top_k_;
    if (api_key_file_.empty()) return o;
    auto const key = read_api_key_line(api_key_file_);
    if (!key) return key.error();
    o.headers.emplace_back("Authorization", "Bearer " + *key);
    return o;
}

int predict_command::run() const {
    auto o = options();
    if (!o) return complain(o.error(), wrong_usage);
    boost::asio::io_context io{1};
    file_threads reading(1);
    batch::http_backend server(io.get_executor(), reading, std::move(*o));
    int status = 0;
    boost::asio::co_spawn(io, ask(server, files_, top_k_, status), boost::asio::detached);
    io.run();
    return status;
}

}  // namespace sma::app
