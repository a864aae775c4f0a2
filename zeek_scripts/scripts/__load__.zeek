@load ./ports
@load ./campaigns
@load ./main
