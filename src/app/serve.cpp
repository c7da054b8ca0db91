#include "serve.hpp"

#include "choice.hpp"
#include "component_options.hpp"
#include "composition.hpp"
#include "library_environment.hpp"
#include "part_image_work.hpp"
#include "process_setup.hpp"
#include "public_listen_check.hpp"
#include "sma/core/allocator.hpp"
#include "sma/core/logging.hpp"
#include "sma/core/this_thread.hpp"
#include "sma/version.hpp"

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace sma::app {
namespace {

// The longest time that work nobody waits for may delay the end of the process.
constexpr std::chrono::seconds last_work_timeout{10};
constexpr int wrong_configuration = 2;

void start_log(settings const& s) {
    auto const level = choice<log::level>(s.log_level, {{"debug", log::level::debug},
                                                        {"info", log::level::info},
                                                        {"warn", log::level::warn},
                                                        {"error", log::level::error}});
    auto const format =
        choice<log::line_format>(s.log_format, {{"text", log::line_format::text}, {"json", log::line_format::json}});
    log::initialize(level, format, static_cast<std::size_t>(s.log_buffer_lines));
}

// The sockets that the service manager listens on, whose connections wait until the model is there.
result<std::string> adopt_all(http::server& server, std::vector<int> const& sockets) {
    std::string urls;
    for (int const descriptor : sockets) {
        auto const url = server.adopt(descriptor);
        if (!url) return url.error();
        urls.append(urls.empty() ? "" : ", ").append(*url);
    }
    return urls;
}

result<std::string> listen(http::server& server, settings const& s, std::vector<int> const& passed) {
    if (!passed.empty()) return adopt_all(server, passed);
    if (!s.unix_socket.empty()) return server.listen_unix(s.unix_socket);
    return server.listen(s.host, static_cast<std::uint16_t>(s.port));
}

void warn_if_open_to_all(settings const& s, std::string const& url) {
    bool const knows_clients = !s.api_keys_file.empty() || !s.tls_client_ca.empty();
    if (!knows_clients && is_reachable_publicly(url))
        log::warn("reachable from other machines without API keys", {{"url", url}, {"wanted", "api_keys_file"}});
}

result<void> listen_for_admin(composition& all) {
    if (!all.admin) return {};
    auto const url = all.admin->listen(local_address::parse(all.s.admin_listen).value());
    if (!url) return url.error();
    log::info("admin listener started", {{"url", *url}});
    return {};
}

result<void> listen_for_grpc(composition& all) {
    if (!all.grpc) return {};
    auto const url = all.grpc->listen(all.s);
    if (!url) return url.error();
    log::info("gRPC listener started", {{"url", *url}});
    warn_if_open_to_all(all.s, *url);
    return {};
}

int give_up(std::string_view event, error const& why, int status) {
    log::error(event, {{"error", why.message}});
    log::shut_down();
    std::fprintf(stderr, "simple-model-api: %s\n", why.message.c_str());
    return status;
}

result<void> check_samples(settings const& s) {
    return s.sample_dir.empty() ? result<void>() : serving::check_sample_options(sample_options(s));
}

// After the drain: lets every coroutine end that is still there. False if one does not within last_work_timeout.
bool run_dry(boost::asio::io_context& io) {
    io.restart();
    io.run_for(last_work_timeout);
    return io.stopped();
}

}  // namespace

int serve(settings const& s) {
    open_standard_descriptors();
    bound_freed_memory();
    choose_library_environment();
    ignore_stray_signals();
    auto const environment = take_service_environment();
    start_log(s);
    if (auto const possible = check_decoder_isolation(s); !possible)
        return give_up("image decoders cannot be isolated", possible.error(), wrong_configuration);
    if (auto const usable = check_samples(s); !usable)
        return give_up("samples cannot be kept", usable.error(), wrong_configuration);
    if (auto const possible = check_trace_export(s); !possible)
        return give_up("traces cannot be exported", possible.error(), wrong_configuration);
    composition all(s, environment);
    keep_signal_handlers();
    if (auto const loaded = all.keys.load(); !loaded)
        return give_up("loading the API keys failed", loaded.error(), wrong_configuration);
    if (auto const loaded = all.certificate.load(); !loaded)
        return give_up("loading the TLS certificate failed", loaded.error(), wrong_configuration);
    auto const url = listen(all.server, all.s, environment.sockets);
    if (!url) return give_up("cannot listen", url.error(), EXIT_FAILURE);
    if (auto const opened = listen_for_admin(all); !opened)
        return give_up("cannot listen", opened.error(), EXIT_FAILURE);
    if (auto const opened = listen_for_grpc(all); !opened)
        return give_up("cannot listen", opened.error(),
                       opened.error().code == errc::unsupported ? wrong_configuration : EXIT_FAILURE);
    log::print("listening on " + *url);
    log::info("listening", {{"url", *url}, {"version", version::number}, {"commit", version::commit}});
    warn_if_open_to_all(all.s, *url);
    allow_descriptors_for(s.max_connections, all.grpc ? 2 : 1);
    all.lifetime.start();
    all.models.load();
    stop_interrupting_others();  // every other thread is there
    all.io.run();
    if (all.admin) all.admin->close();
    bool const finished = run_dry(all.io);
    if (all.traces) all.traces->shut_down();
    log::info("stopped", {{"all_work_finished", finished}});
    log::shut_down();
    // An engine that does not come back holds coroutines that must not be destroyed under it.
    if (!finished) std::_Exit(EXIT_SUCCESS);
    return EXIT_SUCCESS;
}

}  // namespace sma::app
