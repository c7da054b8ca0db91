// Program of a worker process, which decodes images for the server.
#include "sma/decode_worker/worker.hpp"
#include "sma/image/decoder_work.hpp"

int main() { return sma::decode_worker::run(sma::image::make_decoder_work); }
