#include "steady_load.hpp"

#include "bodies.hpp"
#include "server_process.hpp"

#include <chrono>

namespace sma::test {

steady_load::steady_load(std::uint16_t port, int clients) {
    for (int i = 0; i < clients; ++i) threads_.emplace_back([this, port] { run(port); });
}

void steady_load::stop() {
    stopping_ = true;
    for (auto& t : threads_)
        if (t.joinable()) t.join();
}

void steady_load::run(std::uint16_t port) {
    try {
        connection client(port);
        auto const request = post_image("/predict?top_k=1", sample_bytes());
        while (!stopping_) {
            auto const begin = std::chrono::steady_clock::now();
            auto const response = client.ask(request);
            bool const good = response.status == 200 && response.body.find("\"star\"") != std::string::npos;
            ++(good ? answered_ : lost_);
            std::this_thread::sleep_for(std::chrono::steady_clock::now() - begin);
        }
    } catch (client_error const&) {
        ++lost_;
    }
}

}  // namespace sma::test
