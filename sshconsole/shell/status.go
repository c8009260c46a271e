package shell

func showStatus(c *call) error {
	report, err := c.Status(c.ctx)
	if err == nil && c.json {
		c.object(report)
	} else if err == nil {
		report.Write(c.out)
	}
	return err
}
